import { textRule } from './tree.js'

const columnsMax = 100
const linesMax = 400

/** No line is wider than 100 columns. */
export const columns = textRule('columns', ({ text }, report) => {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const width = [...line].length
    if (width > columnsMax) report(index + 1, `${width} columns, at most ${columnsMax}`)
  }
})

/** No file is longer than 400 lines. */
export const fileLength = textRule('file-length', ({ text }, report) => {
  const count = text.replace(/\n$/, '').split('\n').length
  if (count > linesMax) report(linesMax + 1, `${count} lines, at most ${linesMax}`)
})

// The brackets keep this line from finding itself.
const unfinished = /\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b/

/** Nothing is left for later in a comment. */
export const unfinishedWork = textRule('unfinished-work', ({ text }, report) => {
  for (const [index, line] of text.split('\n').entries()) {
    const mark = unfinished.exec(line)
    if (mark !== null) report(index + 1, `${mark[0]}: do it or drop it`)
  }
})

/** What is joined of several signals must be heard: see joined-signal.ts. */
export const weakSignals = textRule('weak-signals', ({ path, text }, report) => {
  if (!path.startsWith('src/') || path.endsWith('.test.ts')) return
  for (const [index, line] of text.split('\n').entries()) {
    if (/AbortSignal\.any\(/.test(line)) report(index + 1, 'may never be heard: JoinedSignal is')
  }
})

const emptyWords = new Set([
  'util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager', 'managers', 'service',
  'services',
])

/** No file or folder is called by a word that says nothing. A service token is a thing. */
export const names = textRule('names', ({ path }, report) => {
  const words = path
    .replace(/service[-_]?tokens?/gi, 'token')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  const empty = words.find((word) => emptyWords.has(word))
  if (empty !== undefined) report(1, `"${empty}" says nothing; name what it is`)
})
