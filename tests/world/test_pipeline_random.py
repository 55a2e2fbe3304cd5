#!/usr/bin/env python3
"""Random pipelines, compared with an interpreter: what they give, and which functions they call.

Writes a C program of random chains over a small vocabulary, each made of functions and of the
chains before it, runs each on a sequence of inputs, and compares what it prints with what the
interpreter below expects. Every function hashes its number and its input into a trace, so a call
that should not be there, is missing or comes in another order shows.

    test_pipeline_random.py [--seed N] [--keep]     --keep leaves the program in the current folder
"""
# test-labels: slow
# test-timeout: 180
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

PIPELINES = 40
INPUTS = 14
MODULUS = 1009
MASK = (1 << 64) - 1
SOURCE = os.environ.get('WEFT_SOURCE') or os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

PRELUDE = '''#include <weft/pipeline.h>

#include <stdio.h>

typedef struct {
    uint64_t hash;
} Trace;
typedef struct {
    int code;
} Err;
typedef struct {
    int calls;
} Session;
WEFT_RESOURCE_DEFINE(Trace);
WEFT_OPTION(Maybe, int);
WEFT_RESULT(Res, int, Err);

static void note(Trace *t, int id, int v)
{
    t->hash = t->hash * 31 + (uint64_t)id * 7 + (uint64_t)v + 1;
}

'''
TUPLES = range(2, 6)
PRELUDE += ''.join(f'WEFT_TUPLE(Tuple{n}, {", ".join(["int"] * n)});\n' for n in TUPLES)


class Trace:
    def __init__(self):
        self.hash = 0

    def note(self, number, value):
        self.hash = (self.hash * 31 + number * 7 + value + 1) & MASK


# ---- functions -----------------------------------------------------------------------------------

class Function:
    """A C function and its model: call(memory, trace, inputs) -> value. An option is None or (v,),
    a result ('ok', v) or ('err', e)."""
    number = 0

    def __init__(self, takes, gives, body, model, local=False, context=False):
        Function.number += 1
        self.id = Function.number
        self.name = f'f{self.id}'
        self.takes, self.gives, self.body, self.local = takes, gives, body, local
        self.context = context
        self.model = model

    def new_memory(self, session):
        return session if self.context else {'sum': 0}

    def call(self, memory, trace, *inputs):
        trace.note(self.id, inputs[0] if inputs else 0)
        return self.model(memory, *inputs)

    def c(self):
        formals, keywords = ['Trace *t'], ['MUT(Trace)']
        if self.local:
            formals.append('long *sum')
            keywords.append('LOCAL(long)')
        if self.context:
            formals.append('Session *s')
            keywords.append('CTX(Session)')
        args = []
        for k, (kind, type_name) in enumerate(self.takes):
            formals.append(f'const {type_name} *p{k}' if kind == 'REF' else f'{type_name} v{k}')
            keywords.append(f'{kind}({type_name})')
            args.append(f'    const {type_name} a{k} = *p{k};\n' if kind == 'REF'
                        else f'    const {type_name} a{k} = v{k};\n')
        first = ('a0' if not self.takes or self.takes[0][1] != 'Err' else 'a0.code') \
            if self.takes else '0'
        return (f'static {self.gives} {self.name}({", ".join(formals)})\n{{\n' + ''.join(args) +
                f'    note(t, {self.id}, {first});\n    {self.body}\n}}\n'
                f'WEFT_FN({self.name}, {", ".join(keywords)});\n')


def kind(rng):
    return rng.choice(['IN', 'REF'])


def make_functions(rng):
    """Some of each signature that the steps need."""
    made = {}

    def add(role, *args, **options):
        made.setdefault(role, []).append(Function(*args, **options))

    for _ in range(6):
        a, b = rng.randrange(2, 50), rng.randrange(MODULUS)
        add('int', [(kind(rng), 'int')], 'int', f'return (a0 * {a} + {b}) % {MODULUS};',
            lambda m, v, a=a, b=b: (v * a + b) % MODULUS)
    for _ in range(5):
        n, r = rng.randrange(2, 5), rng.randrange(2)
        add('pred', [(kind(rng), 'int')], 'bool', f'return a0 % {n} == {r};',
            lambda m, v, n=n, r=r: v % n == r)
    for _ in range(2):
        add('look', [(kind(rng), 'int')], 'void', '(void)a0;', lambda m, v: None)
        add('idle', [], 'void', '', lambda m: None)
        add('look_err', [(kind(rng), 'Err')], 'void', '(void)a0;', lambda m, v: None)
    for _ in range(3):
        n = rng.randrange(2, 4)
        add('maybe', [(kind(rng), 'int')], 'Maybe',
            f'return (Maybe){{ .ok = a0 % {n} != 0, .value = a0 / 2 }};',
            lambda m, v, n=n: (v // 2,) if v % n else None)
        e = rng.randrange(MODULUS)
        add('res', [(kind(rng), 'int')], 'Res',
            f'return a0 % {n} ? (Res){{ .ok = true, .value = a0 / 2 }} : '
            f'(Res){{ .error = {{ (a0 + {e}) % {MODULUS} }} }};',
            lambda m, v, n=n, e=e: ('ok', v // 2) if v % n else ('err', (v + e) % MODULUS))
        add('recover', [(kind(rng), 'Err')], 'Res',
            f'return a0.code % {n} ? (Res){{ .ok = true, .value = a0.code / 3 }} : '
            '(Res){ .error = a0 };',
            lambda m, v, n=n: ('ok', v // 3) if v % n else ('err', v))
        c = rng.randrange(MODULUS)
        add('err_err', [(kind(rng), 'Err')], 'Err',
            f'return (Err){{ (a0.code + {c}) % {MODULUS} }};',
            lambda m, v, c=c: (v + c) % MODULUS)
        add('err_int', [(kind(rng), 'Err')], 'int', f'return (a0.code + {c}) % {MODULUS};',
            lambda m, v, c=c: (v + c) % MODULUS)
        add('make_int', [], 'int', f'return {c};', lambda m, c=c: c)
        add('make_err', [], 'Err', f'return (Err){{ {c} }};', lambda m, c=c: c)
        add('flag', [], 'bool', f'return t->hash % 8 < {c % 7 + 1};', None)

    def running(memory, v):
        memory['sum'] = (memory['sum'] + v) % MODULUS
        return memory['sum']
    for _ in range(2):
        add('scan', [(kind(rng), 'int')], 'int', f'return (int)(*sum = (*sum + a0) % {MODULUS});',
            running, local=True)
        add('same', [(kind(rng), 'int'), (kind(rng), 'int')], 'bool',
            'return a0 / 100 == a1 / 100;', lambda m, a, b: a // 100 == b // 100)
    for arms in range(2, 9):
        terms = ' + '.join(f'{k + 1} * a{k}' for k in range(arms))
        add(f'merge{arms}', [(kind(rng), 'int') for _ in range(arms)], 'int',
            f'return ({terms}) % {MODULUS};',
            lambda m, *v: sum((k + 1) * x for k, x in enumerate(v)) % MODULUS)
    def counting(session, v):
        session['calls'] += 1
        return (v + session['calls']) % MODULUS

    for _ in range(3):
        add('session', [(kind(rng), 'int')], 'int', f'return (a0 + ++s->calls) % {MODULUS};',
            counting, context=True)
    for n in TUPLES:
        values = ', '.join(f'(a0 + {k * 7}) % {MODULUS}' for k in range(n))
        add(f'tuple{n}', [(kind(rng), 'int')], f'Tuple{n}', f'return (Tuple{n}){{ {values} }};',
            lambda m, v, n=n: [(v + k * 7) % MODULUS for k in range(n)])
    add('handler', [(kind(rng), 'int')], 'void', '(void)a0;', lambda m, v: None)
    add('of_bool', [(kind(rng), 'bool')], 'int', 'return a0 ? 3 : 4;', lambda m, v: 3 if v else 4)
    return made


# ---- chains --------------------------------------------------------------------------------------


class Step:
    """text: C; parts: the functions and chains that it calls; run(parts, memory, trace, value),
    where parts[k](value...) calls part k."""

    def __init__(self, text, parts, run):
        self.text, self.parts, self.run = text, parts, run

    def words(self):
        return re.findall('[A-Z_]{2,}', re.sub(r'\([^()]*(\([^()]*\)[^()]*)*\)', '', self.text))


def ok_of(value):
    return value is not None and value[0] != 'err'


def inner(value):
    return value[-1]


def like(value, new):
    """`new` in an option or a result, as `value` is."""
    return ('ok', new) if value[0] == 'ok' else (new,)


def steps_for(kind_now, rng, f, chains, session):
    """All steps that may come next: (next kind, step)."""
    def pick(role):
        return rng.choice(f[role])

    def pick_int():
        if session and rng.random() < 0.3:
            return pick('session')
        return rng.choice(f['int'] + chains) if chains and rng.random() < 0.4 else pick('int')

    def one(word, part, run):
        return Step(f'{word}({part.name})', [part], run)

    c = rng.randrange(MODULUS)
    out = []
    if kind_now == 'I':
        out += [('I', one('THEN', pick_int(), lambda p, m, t, v: p[0](v)))] * 3
        out += [('I', one(w, rng.choice([pick('look'), pick('idle'), pick_int()]), None))
                for w in ('TAP', 'TEE')]
        out += [('O', one('GUARD', pick('pred'), lambda p, m, t, v: (v,) if p[0](v) else None))] * 2
        route = [pick('pred'), pick_int(), pick_int()]
        out.append(('I', Step('ROUTE(' + ', '.join(x.name for x in route) + ')', route,
                              lambda p, m, t, v: p[1](v) if p[0](v) else p[2](v))))
        out.append(('I', one('SCAN', pick('scan'), lambda p, m, t, v: p[0](v))))

        def dedup(p, m, t, v):
            if 'last' in m and (p[0](m['last'], v) if p else m['last'] == v):
                return None
            m['last'] = v
            return (v,)
        out.append(('O', Step('DEDUP', [], dedup)))
        out.append(('O', one('DEDUP_BY', pick('same'), dedup)))
        arms = [pick_int() for _ in range(rng.randrange(2, 9 if rng.random() < 0.3 else 4))]
        merge = pick(f'merge{len(arms)}')
        out += [('I', Step('FORK(' + ', '.join(x.name for x in arms) + f'), MERGE({merge.name})',
                           arms + [merge],
                           lambda p, m, t, v: p[-1](*[arm(v) for arm in p[:-1]])))] * 2
        n = rng.choice(TUPLES)
        both = [pick(f'tuple{n}'), pick(f'merge{n}')]
        out.append(('I', Step(f'THEN({both[0].name}), SPLAT({both[1].name})', both,
                              lambda p, m, t, v: p[1](*p[0](v)))))
        arms = [rng.choice(f['look']) for _ in range(rng.randrange(2, 5))]
        after = pick('make_int')

        def join(p, m, t, v):
            for arm in p[:-1]:
                arm(v)
            return p[-1]()
        out.append(('I', Step('FORK(' + ', '.join(x.name for x in arms) +
                              f'), JOIN, THEN({after.name})', arms + [after], join)))
        handler = f['handler'][0]

        def dispatch(p, m, t, v):
            handler.call({}, t, v)
            return p[0]()
        out.append(('I', Step(f'DISPATCH(Handler, int), THEN({after.name})', [after], dispatch)))
        out.append(('O', one('THEN', pick('maybe'), lambda p, m, t, v: p[0](v))))
        out += [('R', one('THEN', pick('res'), lambda p, m, t, v: p[0](v)))] * 2
        out.append(('B', one('THEN', pick('pred'), lambda p, m, t, v: p[0](v))))
    if kind_now in 'OR':
        k = kind_now
        out += [(k, one('MAP', pick_int(),
                        lambda p, m, t, v: like(v, p[0](inner(v))) if ok_of(v) else v))] * 3
        out.append((k, one('AND_THEN', pick('maybe' if k == 'O' else 'res'),
                           lambda p, m, t, v: p[0](inner(v)) if ok_of(v) else v)))

        def inspect(p, m, t, v):
            if ok_of(v):
                p[0](inner(v))
            return v
        out.append((k, one('INSPECT', pick('look'), inspect)))
        out.append(('I', Step(f'UNWRAP_OR({c})', [],
                              lambda p, m, t, v, c=c: inner(v) if ok_of(v) else c)))
        out.append(('O', Step('OK', [], lambda p, m, t, v: (inner(v),) if ok_of(v) else None)))
    if kind_now == 'O':
        out.append(('O', one('FILTER', pick('pred'),
                             lambda p, m, t, v: v if v and p[0](v[0]) else None)))

        def on_none(p, m, t, v):
            if v is None:
                p[0]()
            return v
        out += [('O', one(w, pick('idle'), on_none)) for w in ('ON_NONE', 'CATCH', 'INSPECT_ERR')]
        out.append(('R', Step(f'OK_OR((Err){{ {c} }})', [],
                              lambda p, m, t, v, c=c: ('ok', v[0]) if v else ('err', c))))
        out.append(('R', one('OK_OR_ELSE', pick('make_err'),
                             lambda p, m, t, v: ('ok', v[0]) if v else ('err', p[0]()))))
        out.append(('I', one('UNWRAP_OR_ELSE', pick('make_int'),
                             lambda p, m, t, v: v[0] if v else p[0]())))
    if kind_now == 'R':
        def catch(p, m, t, v):
            if ok_of(v):
                return (v[1],)
            p[0](v[1])
            return None

        def inspect_err(p, m, t, v):
            if not ok_of(v):
                p[0](v[1])
            return v
        out += [('O', one('CATCH', pick('look_err'), catch))] * 2
        out.append(('R', one('INSPECT_ERR', pick('look_err'), inspect_err)))
        out.append(('R', one('MAP_ERR', pick('err_err'),
                             lambda p, m, t, v: v if ok_of(v) else ('err', p[0](v[1])))))
        out.append(('R', one('OR_ELSE', pick('recover'),
                             lambda p, m, t, v: v if ok_of(v) else p[0](v[1]))))
        out.append(('I', one('UNWRAP_OR_ELSE', pick('err_int'),
                             lambda p, m, t, v: v[1] if ok_of(v) else p[0](v[1]))))
    if kind_now == 'B':
        out.append(('B', Step('NOT', [], lambda p, m, t, v: not v)))
        out.append(('B', one('AND', pick('flag'), lambda p, m, t, v: v and p[0]())))
        out.append(('B', one('OR', pick('flag'), lambda p, m, t, v: v or p[0]())))
        out.append(('B', one('XOR', pick('flag'), lambda p, m, t, v: v != p[0]())))
        out.append(('I', one('THEN', f['of_bool'][0], lambda p, m, t, v: p[0](v))))
    return out


class Chain:
    """A pipeline from int to a kind; with int at its end it is itself a part of later ones."""

    def __init__(self, number, rng, f, chains, into_int):
        self.name = f'p{number}'
        self.steps, self.kind, self.more = [], 'I', 0
        self.session = rng.random() < 0.4
        if not self.session:
            chains = [c for c in chains if not c.session]
        length = rng.randrange(1, 12)
        while len(self.steps) < length or (into_int and self.kind != 'I'):
            if len(self.steps) + self.more > 11:
                self.steps, self.kind, self.more = [], 'I', 0
            self.kind, step = rng.choice(steps_for(self.kind, rng, f, chains, self.session))
            self.steps.append(step)
            self.more += len(step.words()) - 1
        self.drops = not into_int and rng.random() < 0.25

    def c(self):
        out = {'I': 'int', 'O': 'Maybe', 'R': 'Res', 'B': 'bool'}[self.kind]
        return (f'WEFT_PIPELINE({self.name}, int, {"void" if self.drops else out}, ' +
                ', '.join(['CTX(Session)'] * self.session + [step.text for step in self.steps]) +
                ');\n')

    def new_memory(self, session):
        return [({}, [part.new_memory(session) for part in step.parts]) for step in self.steps]

    def call(self, memory, trace, value):
        for step, (own, of_parts) in zip(self.steps, memory):
            parts = [lambda *v, part=part, m=m: part.call(m, trace, *v)
                     for part, m in zip(step.parts, of_parts)]
            if step.run is None:  # TAP and TEE
                parts[0](*([] if step.parts[0] in NO_INPUT else [value]))
            else:
                value = step.run(parts, own, trace, value)
        return value

    def show(self, value):
        if self.drops:
            return '-'
        if self.kind == 'I':
            return f'{value}'
        if self.kind == 'B':
            return f'{int(value)}'
        if self.kind == 'O':
            return f'some {value[0]}' if value else 'none'
        return f'{value[0]} {value[1]}'

    def c_runs(self, inputs):
        show = {'I': 'printf("%d", r);', 'B': 'printf("%d", r);',
                'O': 'if (r.ok) printf("some %d", r.value); else printf("none");',
                'R': 'printf("%s %d", r.ok ? "ok" : "err", r.ok ? r.value : r.error.code);'}
        run = (f'weft_run(&h.base, world, &inputs[i]);\n        printf("-");' if self.drops else
               f'const {self.name}_result r = {self.name}_call(&h.state, world, &inputs[i]);\n'
               f'        {show[self.kind]}')
        context = ', (Session){ 0 }' if self.session else ''
        bind = (f'{self.name}_init(&h, world{context})' if self.drops
                else f'{self.name}_bind(&h.state, world)')
        begin = '    h.state.ctx.calls = 0;\n' if self.session and not self.drops else ''
        return (f'static int run_{self.name}(weft_world *world)\n{{\n'
                f'    static const int inputs[] = {{ {", ".join(map(str, inputs))} }};\n'
                f'    struct {self.name} h;\n'
                f'    if ({bind})\n        return 1;\n{begin}'
                f'    Trace *trace = WEFT_GET(world, Trace);\n    trace->hash = 0;\n'
                f'    for (int i = 0; i < {len(inputs)}; i++) {{\n        {run}\n'
                f'        printf(" %016llx\\n", (unsigned long long)trace->hash);\n    }}\n'
                f'    return 0;\n}}\n')


NO_INPUT = set()


def generate(seed):
    """(the C program, what it must print, how often each step occurs)"""
    rng = random.Random(seed)
    Function.number = 0
    functions = make_functions(rng)
    NO_INPUT.clear()
    for role, made in functions.items():
        NO_INPUT.update(x for x in made if not x.takes)
    for flag in functions['flag']:
        limit = int(flag.body.rsplit('< ', 1)[1].rstrip(';'))

        def call(memory, trace, flag=flag, limit=limit):
            trace.note(flag.id, 0)
            return trace.hash % 8 < limit
        flag.call = call
    parts, chains, used = [], [], {}
    for number in range(PIPELINES):
        into_int = number % 2 == 0
        chain = Chain(number, rng, functions, parts[-12:], into_int)
        chains.append(chain)
        if into_int and sum(len(c.text) for c in chain.steps) < 300:
            parts.append(chain)
        for step in chain.steps:
            for word in step.words():
                used[word] = used.get(word, 0) + 1
        used['CTX'] = used.get('CTX', 0) + chain.session
    text, expected, main = [PRELUDE], [], []
    for made in functions.values():
        text += [x.c() for x in made]
    handler = functions['handler'][0].name
    text.append(f'typedef struct {handler} Handler;\nWEFT_RESOURCE_DEFINE(Handler);\n')
    text += [chain.c() for chain in chains]
    for chain in chains:
        inputs = [rng.choice([rng.randrange(MODULUS), rng.randrange(4)]) for _ in range(INPUTS)]
        inputs[INPUTS // 2] = inputs[INPUTS // 2 - 1]  # for DEDUP
        text.append(chain.c_runs(inputs))
        main.append(f'    if (run_{chain.name}(world))\n        return 3;\n')
        memory, trace = chain.new_memory({'calls': 0}), Trace()
        for value in inputs:
            shown = chain.show(chain.call(memory, trace, value))
            expected.append((chain, value, f'{shown} {trace.hash:016x}'))
    text.append('int main(void)\n{\n    weft_builder *builder = weft_builder_new(NULL);\n'
                '    weft_world *world;\n'
                '    if (!builder || WEFT_REGISTER_DEFAULT(builder, Trace) ||\n'
                '        WEFT_REGISTER_DEFAULT(builder, Handler) ||\n'
                '        weft_builder_build(builder, &world))\n        return 2;\n'
                f'    if ({handler}_init(WEFT_GET(world, Handler), world))\n        return 4;\n' +
                ''.join(main) + '    weft_world_free(world);\n    return 0;\n}\n')
    return '\n'.join(text), expected, used


# ---- running -------------------------------------------------------------------------------------

def library_sources():
    return [os.path.join(SOURCE, 'src', area, name) for area in ('base', 'world')
            for name in sorted(os.listdir(os.path.join(SOURCE, 'src', area)))
            if name.endswith('.c')]


def build_and_run(folder, compiler, flags, text, objects):
    path = os.path.join(folder, 'random.c')
    with open(path, 'w', encoding='ascii') as file:
        file.write(text)
    subprocess.run([compiler, '-std=gnu11', '-Wall', '-Wextra', '-Wshadow', '-Werror', *flags,
                    f'-I{SOURCE}/include', path, *objects, '-lpthread', '-o',
                    os.path.join(folder, 'random')], check=True)
    return subprocess.run([os.path.join(folder, 'random')], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.splitlines()


def compare(seed, compiler, printed, expected):
    if len(printed) != len(expected):
        sys.exit(f'seed {seed}, {compiler}: {len(printed)} lines, expected {len(expected)}')
    for line, (chain, value, wanted) in zip(printed, expected):
        if line != wanted:
            sys.exit(f'seed {seed}, {compiler}: {chain.name} of {value} gave\n  {line}\n'
                     f'expected\n  {wanted}\nin {chain.c()}')


def main():
    arguments = sys.argv[1:]
    seeds = [int(arguments[arguments.index('--seed') + 1])] if '--seed' in arguments else [1, 2]
    compilers = [c for c in ('gcc', 'clang') if shutil.which(c)]
    if not compilers:
        sys.exit('neither gcc nor clang is there')
    used = {}
    with tempfile.TemporaryDirectory() as folder:
        for compiler in compilers:
            flags = ['-O2'] if compiler == 'gcc' else ['-O1', '-Wno-gnu']
            library = os.path.join(folder, 'library.o')
            subprocess.run([compiler, '-std=gnu11', '-w', '-O0', f'-I{SOURCE}/include',
                            '-r', '-nostdlib', *library_sources(), '-o', library], check=True)
            for seed in seeds:
                text, expected, used_here = generate(seed)
                for word, count in used_here.items():
                    used[word] = used.get(word, 0) + count
                if '--keep' in arguments:
                    with open('random.c', 'w', encoding='ascii') as file:
                        file.write(text)
                compare(seed, compiler, build_and_run(folder, compiler, flags, text, [library]),
                        expected)
                print(f'seed {seed}, {compiler}: {PIPELINES} pipelines, {len(expected)} runs as '
                      'the interpreter expects')
    print(', '.join(f'{word} {count}' for word, count in sorted(used.items())))
    if '--seed' not in arguments and len(used) < 32:
        sys.exit('not every step was tried')
    return 0


if __name__ == '__main__':
    sys.exit(main())
