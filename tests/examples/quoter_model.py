#!/usr/bin/env python3
"""What weft-quoter is to print, worked out a second time and in another way: plain loops over
dictionaries, a list of who is to be looked at, no library.

    quoter_model.py [--trace] FILE

prints what the program is to print; test_quoter.py compares the two on the sample and on markets
that are made up.
"""
import math
import re
import sys

BURST, RECONCILE = 32, 8
INSTRUMENTS = 1000
FINE = 64
POSITION_LIMIT, GROSS_LIMIT, GROSS_CALM = 15, 9000000, 8500000
LINE = re.compile(rb"([0-9]+),(bid|ask|trade),([0-9]+),([0-9]+)")


def read_tick(line):
    """(instrument, kind, price, size), or None for a line that is none."""
    match = LINE.fullmatch(line)
    if not match or len(line) > 64:
        return None
    kind = match[2].decode()
    instrument, price, size = int(match[1]), int(match[3]), int(match[4])
    if instrument >= INSTRUMENTS or price > 1000000 or size > 1000000:
        return None
    if (size or kind == "trade") and not (size and price):
        return None
    return instrument, kind, price, size


def whole(fine):
    """In the market's steps, cut towards zero."""
    return abs(fine) // FINE * (1 if fine > 0 else -1)


class Model:
    def __init__(self, trace=False):
        self.trace = trace
        self.out = []
        self.bad_lines = []
        self.market = {}  # (instrument, side) -> (price, size), if there is anybody
        self.last = {}  # instrument -> price of its last trade
        self.quotes = {}  # (instrument, side) -> [price, lots]
        self.theo = {}
        self.position = dict.fromkeys(range(INSTRUMENTS), 0)
        self.cash = 0
        self.awake = []
        self.reducing = False
        self.risk = (0, 0, 0)
        self.fills_seen = 0
        self.count = dict.fromkeys(("ticks", "trades", "turns", "reactors", "sent", "pulled",
                                    "fills", "bought", "sold", "passes", "systems"), 0)

    # ---- ticks

    def tick(self, instrument, kind, price, size):
        self.count["ticks"] += 1
        if instrument not in self.awake:
            self.awake.append(instrument)
        if kind != "trade":
            self.market[instrument, kind] = (price, size)
            return
        self.count["trades"] += 1
        self.last[instrument] = price
        bid, bid_lots = self.quotes.get((instrument, "bid"), (0, 0))
        ask, ask_lots = self.quotes.get((instrument, "ask"), (0, 0))
        if bid_lots and price <= bid:
            self.fill(instrument, "bid", min(size, bid_lots))
        elif ask_lots and price >= ask:
            self.fill(instrument, "ask", min(size, ask_lots))

    def fill(self, instrument, side, lots):
        price = self.quotes[instrument, side][0]
        self.quotes[instrument, side][1] -= lots
        signed = lots if side == "bid" else -lots
        self.position[instrument] += signed
        self.cash -= signed * price
        self.count["fills"] += 1
        self.count["bought" if side == "bid" else "sold"] += lots
        if self.trace:
            self.out.append(f"{self.turn} fill {instrument} {signed:+}@{price}")

    # ---- quotes

    def wanted(self, instrument):
        """(bid, lots, ask, lots), 0 for what is not quoted."""
        bid, bid_size = self.market.get((instrument, "bid"), (0, 0))
        ask, ask_size = self.market.get((instrument, "ask"), (0, 0))
        if not bid_size or not ask_size or bid >= ask:
            return 0, 0, 0, 0
        theo = FINE * (bid * ask_size + ask * bid_size) // (bid_size + ask_size)
        if instrument in self.last:
            theo = (3 * theo + FINE * self.last[instrument]) // 4
        self.theo[instrument] = theo
        width = max(FINE * (ask - bid) * 3 // 8, FINE // 2)
        position = self.position[instrument]
        our_bid = math.floor((theo - 2 * position - width) / FINE)  # exact: below 2**53
        our_ask = math.ceil((theo - 2 * position + width) / FINE)
        our_bid = min(max(our_bid, 0), ask - 1)
        our_ask = max(our_ask, 0, bid + 1)
        if self.reducing:
            buy, sell = max(-position, 0), max(position, 0)
        else:
            buy, sell = POSITION_LIMIT - position, POSITION_LIMIT + position
        buy = min(buy, 10) if our_bid else 0
        sell = min(sell, 10)
        return our_bid if buy else 0, buy, our_ask if sell else 0, sell

    def dispatch(self):
        awake, self.awake = self.awake, []
        for instrument in awake:
            self.count["reactors"] += 1
            bid, buy, ask, sell = self.wanted(instrument)
            new = [[bid, buy], [ask, sell]]
            old = [self.quotes.get((instrument, side), [0, 0]) for side in ("bid", "ask")]
            if new == old:
                continue
            self.quotes[instrument, "bid"], self.quotes[instrument, "ask"] = new
            self.count["sent" if buy or sell else "pulled"] += 1
            if self.trace:
                self.out.append(f"{self.turn} quote {instrument} {buy}@{bid} {sell}@{ask}")

    # ---- risk

    def reconcile(self):
        self.count["passes"] += 1
        self.count["systems"] += 1
        if self.count["fills"] == self.fills_seen:
            return
        self.fills_seen = self.count["fills"]
        self.count["systems"] += 1
        values = [self.position[i] * self.theo.get(i, 0) for i in range(INSTRUMENTS)]
        risk = sum(map(abs, values)), sum(values), FINE * self.cash + sum(values)
        if risk == self.risk:
            return
        self.risk = risk
        self.count["systems"] += 2
        reducing = risk[0] > FINE * (GROSS_CALM if self.reducing else GROSS_LIMIT)
        if reducing != self.reducing:
            self.reducing = reducing
            self.count["systems"] += 1
            self.awake += [i for i in range(INSTRUMENTS) if i not in self.awake]
        gross, net, profit = map(whole, risk)
        self.out.append(f"turn {self.turn}: gross {gross}, net {net}, profit {profit}, "
                        + ("reducing" if reducing else "open"))

    # ---- all of it

    def run(self, data):
        lines = data.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        numbered = [(number, line[:-1] if line.endswith(b"\r") else line)
                    for number, line in enumerate(lines, 1)]
        if numbered and numbered[0][1] == b"instrument,kind,price,size":
            numbered.pop(0)
        self.turn = 0
        for start in range(0, len(numbered), BURST):
            self.turn += 1
            for number, line in numbered[start:start + BURST]:
                tick = read_tick(line)
                if tick:
                    self.tick(*tick)
                else:
                    self.bad_lines.append(number)
            self.dispatch()
            if self.turn % RECONCILE == 0:
                self.reconcile()
        if self.turn % RECONCILE:
            self.reconcile()
            self.dispatch()
        elif self.awake:
            self.dispatch()
        self.summarise()
        return "".join(line + "\n" for line in self.out)

    def summarise(self):
        count = dict(self.count, bad=len(self.bad_lines), turns=self.turn)
        self.out += ["ticks {ticks}, rejected lines {bad}, trades {trades}".format(**count),
                     "turns {turns}, reactors run {reactors}, quotes sent {sent}, pulled {pulled}"
                     .format(**count),
                     "fills {fills}, lots bought {bought}, sold {sold}".format(**count),
                     "reconciliations {passes}, systems run {systems}".format(**count),
                     "instrument,bid_size,bid,ask,ask_size,position,theo"]
        for i in range(INSTRUMENTS):
            bid, buy = self.quotes.get((i, "bid"), (0, 0))
            ask, sell = self.quotes.get((i, "ask"), (0, 0))
            if buy or sell or self.position[i]:
                theo = self.theo.get(i, 0)
                self.out.append(f"{i},{buy},{bid},{ask},{sell},{self.position[i]},{theo}")


def main():
    with open(sys.argv[-1], "rb") as file:
        sys.stdout.write(Model(trace="--trace" in sys.argv[1:-1]).run(file.read()))


if __name__ == "__main__":
    main()
