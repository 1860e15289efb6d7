import ts from 'typescript'
import { isProgram, lineOf, nodesOf, parse, type Rule, type Tree, type Violation } from './tree.js'

const page = 'docs/reference/errors.md'
const rule = 'error-catalogue'

/** Every error code of the program stands in the reference, and every code there in the program. */
export const errorCatalogue: Rule = {
  name: rule,
  check(tree) {
    const defined = definedCodes(tree)
    const documented = documentedCodes(tree.get(page) ?? '')
    const unknown = [...documented].filter(([code]) => !defined.has(code))
    const missing = [...defined].filter(([code]) => !documented.has(code))
    return [
      ...repeated(defined),
      ...missing.map(([code, [place]]) => ({ ...place!, detail: `${code} is not in ${page}` })),
      ...unknown.map(([code, line]) => ({
        path: page, line, rule, detail: `${code} is defined nowhere`,
      })),
    ]
  },
}

type Place = Omit<Violation, 'detail'>

/** A code stands for one kind of error. */
function repeated(defined: ReadonlyMap<string, Place[]>): Violation[] {
  return [...defined].flatMap(([code, places]) =>
    places.slice(1).map((place) => ({ ...place, detail: `${code} is defined twice` })),
  )
}

function definedCodes(tree: Tree): Map<string, Place[]> {
  const codes = new Map<string, Place[]>()
  for (const [path, text] of tree) {
    if (!path.startsWith('src/') || !isProgram(path) || path.endsWith('.test.ts')) continue
    const source = parse(path, text)
    for (const node of nodesOf(source)) {
      const code = definedCode(node)
      if (code === undefined) continue
      const place = { path, line: lineOf(source, node.getStart()), rule }
      codes.set(code, [...(codes.get(code) ?? []), place])
    }
  }
  return codes
}

/** The code of `defineError('Name', { code: '…' })`, or of the base class of errors. */
function definedCode(node: ts.Node): string | undefined {
  if (ts.isPropertyDeclaration(node) && node.name.getText() === 'code') {
    const value = node.initializer
    return value !== undefined && ts.isStringLiteralLike(value) ? value.text : undefined
  }
  if (!ts.isCallExpression(node) || node.expression.getText() !== 'defineError') return undefined
  const [, definition] = node.arguments
  if (definition === undefined || !ts.isObjectLiteralExpression(definition)) return undefined
  for (const property of definition.properties) {
    if (!ts.isPropertyAssignment(property) || property.name.getText() !== 'code') continue
    return ts.isStringLiteralLike(property.initializer) ? property.initializer.text : undefined
  }
  return undefined
}

/** The codes in the first column of the tables of a page, with their lines. */
function documentedCodes(text: string): Map<string, number> {
  const codes = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    const code = /^\|\s*`([a-z0-9_]+)`\s*\|/.exec(line)?.[1]
    if (code !== undefined) codes.set(code, index + 1)
  }
  return codes
}
