/** Lines of context around each change. */
const contextLines = 3

/** Steps that are looked for at most; texts that differ in more are told as replaced whole. */
const stepsMax = 500

/** A run of lines: kept, taken out of the first text, or put in from the second. */
interface Piece {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
}

/** The names of the two texts. */
export interface TextNames {
  readonly before: string
  readonly after: string
}

/**
 * A unified diff of two texts, line by line, with three lines of context; empty when they are the
 * same. Of texts that differ in more than 500 lines what is between their equal ends is told as
 * replaced, so that no two texts take long to compare.
 */
export function unifiedDiff(before: string, after: string, names: TextNames): string {
  if (before === after) return ''
  const pieces = piecesOf(before.split('\n'), after.split('\n'))
  const lines = [`--- ${names.before}`, `+++ ${names.after}`]
  for (const hunk of hunksOf(pieces)) lines.push(...hunk)
  return `${lines.join('\n')}\n`
}

function piecesOf(before: readonly string[], after: readonly string[]): Piece[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  const most = Math.min(before.length, after.length) - head
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const old = before.slice(head, before.length - tail)
  const young = after.slice(head, after.length - tail)
  const kept = (line: string): Piece => ({ sign: ' ', line })
  return [
    ...before.slice(0, head).map(kept),
    ...(shortest(old, young) ?? replaced(old, young)),
    ...before.slice(before.length - tail).map(kept),
  ]
}

const replaced = (old: readonly string[], young: readonly string[]): Piece[] => [
  ...old.map((line) => ({ sign: '-', line }) as const),
  ...young.map((line) => ({ sign: '+', line }) as const),
]

/** Myers' greedy algorithm; undefined when the shortest script is too long. */
function shortest(old: readonly string[], young: readonly string[]): Piece[] | undefined {
  const most = Math.min(old.length + young.length, stepsMax)
  const furthest = new Map<number, number>([[1, 0]])
  const trail: Map<number, number>[] = []
  for (let steps = 0; steps <= most; steps += 1) {
    // Only the diagonals that this round may change, so that the trail stays small.
    trail.push(new Map(diagonalsOf(steps).map((k) => [k, furthest.get(k) ?? -1])))
    for (let k = -steps; k <= steps; k += 2) {
      let x = isDown(k, steps, furthest) ? furthest.get(k + 1)! : furthest.get(k - 1)! + 1
      while (x < old.length && x - k < young.length && old[x] === young[x - k]) x += 1
      furthest.set(k, x)
      if (x >= old.length && x - k >= young.length) return walkBack(trail, old, young)
    }
  }
  return undefined
}

const diagonalsOf = (steps: number): number[] =>
  Array.from({ length: 2 * steps + 3 }, (_, index) => index - steps - 1)

/** Whether a path on diagonal k comes from above: a line put in. */
function isDown(k: number, steps: number, furthest: ReadonlyMap<number, number>): boolean {
  return k === -steps ||
    (k !== steps && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1))
}

function walkBack(
  trail: readonly ReadonlyMap<number, number>[],
  old: readonly string[],
  young: readonly string[],
): Piece[] {
  const pieces: Piece[] = []
  let [x, y] = [old.length, young.length]
  for (let steps = trail.length - 1; steps >= 0; steps -= 1) {
    const furthest = trail[steps]!
    const k = x - y
    const down = isDown(k, steps, furthest)
    const from = furthest.get(down ? k + 1 : k - 1)!
    const [fromX, fromY] = [from, from - (down ? k + 1 : k - 1)]
    for (; x > fromX && y > fromY; x -= 1, y -= 1) pieces.push({ sign: ' ', line: old[x - 1]! })
    if (steps === 0) break
    pieces.push(down ? { sign: '+', line: young[fromY]! } : { sign: '-', line: old[fromX]! })
    x = fromX
    y = fromY
  }
  return pieces.reverse()
}

/** The changes with their context, each under its header. */
function hunksOf(pieces: readonly Piece[]): string[][] {
  const hunks: string[][] = []
  const shown = shownOf(pieces)
  let [oldLine, youngLine, open] = [1, 1, undefined as Hunk | undefined]
  pieces.forEach((piece, index) => {
    if (shown.has(index)) {
      open ??= { oldLine, youngLine, pieces: [] }
      open.pieces.push(piece)
    } else if (open !== undefined) {
      hunks.push(textOf(open))
      open = undefined
    }
    if (piece.sign !== '+') oldLine += 1
    if (piece.sign !== '-') youngLine += 1
  })
  return open === undefined ? hunks : [...hunks, textOf(open)]
}

interface Hunk {
  readonly oldLine: number
  readonly youngLine: number
  readonly pieces: Piece[]
}

function shownOf(pieces: readonly Piece[]): ReadonlySet<number> {
  const shown = new Set<number>()
  pieces.forEach(({ sign }, index) => {
    if (sign === ' ') return
    for (let near = -contextLines; near <= contextLines; near += 1) shown.add(index + near)
  })
  return shown
}

function textOf({ oldLine, youngLine, pieces }: Hunk): string[] {
  const count = (other: '+' | '-') => pieces.filter(({ sign }) => sign !== other).length
  const place = (line: number, lines: number) =>
    `${lines === 0 ? line - 1 : line}${lines === 1 ? '' : `,${lines}`}`
  const header = `@@ -${place(oldLine, count('+'))} +${place(youngLine, count('-'))} @@`
  return [header, ...pieces.map(({ sign, line }) => sign + line)]
}
