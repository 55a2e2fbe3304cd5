#!/usr/bin/env python3
"""Makes the ticks that weft-quoter is tried on:  make_ticks.py > ticks.csv

A market of 1000 instruments, made of nothing but a generator of pseudo-random numbers that is
spelt out below, so that every machine makes the same file. First each instrument opens with a bid
and an ask. Then, line by line, somebody does something to an instrument; low numbers are the busy
ones. Of 20 events
    10  move the middle: a new bid and a new ask, which cross for one line if it rises by more than
        the spread
     2  give one side another size
     8  are trades, at the bid or at the ask: first mostly sells, later mostly buys
and now and then one side of a book is gone for a while. There are quiet stretches without trades.
"""
import argparse
import signal

LINES = 6000
SEED = 1
INSTRUMENTS = 1000
SELLING_LINES = 4000
QUIET_LINES = 600  # of every 2000, the last ones: no trades


class Generator:
    """Knuth's linear congruential generator of 64 bits; the upper half of its state is used."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 32) % limit

    def between(self, low, high):
        return low + self.below(high - low + 1)


class Instrument:
    def __init__(self, generator):
        self.spread = generator.between(2, 8)
        self.bid = generator.between(400, 20000)

    @property
    def ask(self):
        return self.bid + self.spread


class Market:
    def __init__(self, seed):
        self.generator = Generator(seed)
        self.instruments = [Instrument(self.generator) for _ in range(INSTRUMENTS)]
        self.lines = []

    def say(self, number, kind, price, size):
        self.lines.append(f'{number},{kind},{price},{size}')

    def size(self):
        return self.generator.between(1, 40)

    def say_bid(self, number):
        self.say(number, 'bid', self.instruments[number].bid, self.size())

    def say_ask(self, number):
        self.say(number, 'ask', self.instruments[number].ask, self.size())

    def open(self):
        for number in range(INSTRUMENTS):
            self.say_bid(number)
            self.say_ask(number)

    def busy(self):
        """A number; half of them are below 70."""
        number = INSTRUMENTS
        for _ in range(3):
            number = self.generator.below(number + 1)
        return min(number, INSTRUMENTS - 1)

    def move(self, number):
        step = self.generator.between(-2, 2)
        if self.generator.below(8) == 0:
            step *= 6
        self.instruments[number].bid = max(1, self.instruments[number].bid + step)
        self.say_bid(number)
        self.say_ask(number)

    def trade(self, number):
        instrument = self.instruments[number]
        usual = self.generator.below(4) > 0
        sell = usual == (len(self.lines) < SELLING_LINES)
        size = self.generator.between(1, 15)
        self.say(number, 'trade', instrument.bid if sell else instrument.ask, size)

    def step(self):
        number = self.busy()
        event = self.generator.below(20)
        quiet = len(self.lines) % 2000 >= 2000 - QUIET_LINES
        if self.generator.below(60) == 0:
            side = self.generator.below(2)
            self.say(number, ('bid', 'ask')[side], 0, 0)
        elif event < 10 or quiet:
            self.move(number)
        elif event < 12:
            (self.say_bid, self.say_ask)[self.generator.below(2)](number)
        else:
            self.trade(number)


def line_count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 or more, not '{text}'")
    return int(text)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the lines may stop early
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('LINES', nargs='?', type=line_count, default=LINES)
    parser.add_argument('SEED', nargs='?', type=int, default=SEED)
    wanted = parser.parse_args()
    market = Market(wanted.SEED)
    market.open()
    while len(market.lines) < wanted.LINES:
        market.step()
    print('instrument,kind,price,size')
    print('\n'.join(market.lines[:wanted.LINES]))


if __name__ == '__main__':
    main()
