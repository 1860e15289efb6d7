import { posix } from 'node:path'
import ts from 'typescript'
import { areaOf, partOf, refusal } from './floors.js'
import { isProgram, lineOf, nodesOf, parse, type Rule, type Tree, type Violation } from './tree.js'

interface Arrow {
  readonly from: string
  readonly line: number
  /** The module as it is written. */
  readonly name: string
  /** The file of the tree it stands for, if it is one. */
  readonly to: string | undefined
}

/** A file imports from its own folder or a lower floor; of another domain, only the index. */
export const importDirection: Rule = {
  name: 'import-direction',
  check: (tree) => [...homeless(tree), ...arrowsOf(tree).flatMap(judged)],
}

function judged({ from, line, name, to }: Arrow): Violation[] {
  const rule = 'import-direction'
  if (name === 'holdfast' || name.startsWith('holdfast/')) {
    return [{ path: from, line, rule, detail: 'src imports itself by path, not by package name' }]
  }
  const why = to === undefined ? undefined : refusal(from, to)
  return why === undefined ? [] : [{ path: from, line, rule, detail: `${name}: ${why}` }]
}

/** Files that stand on no floor, whether they import anything or not. */
function homeless(tree: Tree): Violation[] {
  const detail = 'stands on no floor; give it one in src/tidy/floors.ts'
  return sourcesOf(tree)
    .filter((path) => areaOf(path) === undefined)
    .filter((path) => !partOf(path).isFile || !path.endsWith('.test.ts'))
    .map((path) => ({ path, line: 1, rule: 'import-direction', detail }))
}

/** Every file of src is imported by another, is an entry point of the package, or is a test. */
export const orphans: Rule = {
  name: 'orphans',
  check(tree) {
    const entries = entryPoints(tree)
    const used = new Set(
      arrowsOf(tree).filter(countsAsUse).map(({ to }) => to),
    )
    return sourcesOf(tree)
      .filter((path) => !path.endsWith('.test.ts') && !used.has(path) && !entries.has(path))
      .map((path) => ({ path, line: 1, rule: 'orphans', detail: 'nothing imports this file' }))
  },
}

/** A test alone does not keep a file alive, unless the file is there for tests. */
function countsAsUse({ from, to }: Arrow): boolean {
  if (to === undefined || to === from) return false
  return !from.endsWith('.test.ts') || areaOf(to)?.forTests === true
}

function entryPoints(tree: Tree): Set<string> {
  const manifest = JSON.parse(tree.get('package.json') ?? '{}') as Record<string, unknown>
  const text = JSON.stringify([manifest.types, manifest.exports])
  const declared = [...text.matchAll(/"\.\/dist\/([^"]+)\.d\.ts"/g)]
  return new Set([
    ...declared.map(([, path]) => `src/${path}.ts`),
    'src/cli/main.ts', 'src/database/migrations/index.ts',
  ])
}

function sourcesOf(tree: Tree): string[] {
  return [...tree.keys()].filter((path) => path.startsWith('src/') && isProgram(path))
}

const drawn = new WeakMap<Tree, readonly Arrow[]>()

/** Every import of a tree, looked for once. */
function arrowsOf(tree: Tree): readonly Arrow[] {
  const known = drawn.get(tree)
  if (known !== undefined) return known
  const arrows = sourcesOf(tree).flatMap((from) => {
    const source = parse(from, tree.get(from) ?? '')
    return nodesOf(source).flatMap((node) => {
      const module = moduleOf(node)
      if (module === undefined) return []
      const { text: name } = module
      const line = lineOf(source, module.getStart())
      return [{ from, line, name, to: resolved(from, name, tree) }]
    })
  })
  drawn.set(tree, arrows)
  return arrows
}

/** The module a node names: in import, export … from, import(), a type, or a worker's URL. */
function moduleOf(node: ts.Node): ts.StringLiteralLike | undefined {
  const named = ((): ts.Node | undefined => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
    if (ts.isImportTypeNode(node)) {
      return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      return node.arguments[0]
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'URL') return node.arguments?.[0]
    return undefined
  })()
  return named !== undefined && ts.isStringLiteralLike(named) ? named : undefined
}

function resolved(from: string, name: string, tree: Tree): string | undefined {
  if (!name.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(from), name)
  return [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx')].find((candidate) =>
    candidate.startsWith('src/') && tree.has(candidate),
  )
}
