import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The files the house rules look at: path below the root, with `/`, to text. */
export type Tree = ReadonlyMap<string, string>

/** One place where a rule is broken; `line` counts from 1. */
export interface Violation {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly detail: string
}

/** A house rule: a name and what it finds in a tree. */
export interface Rule {
  readonly name: string
  readonly check: (tree: Tree) => readonly Violation[]
}

/** What a rule sees of one file when it reports. */
export type Report = (line: number, detail: string) => void

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const folders = ['src', 'scripts', 'bench', 'examples', '.ci', '.github']
const documents = ['package.json', 'docs/reference/errors.md']
const skippedFolders = new Set(['node_modules', 'results', 'dist'])
const textFile = /(\.(ts|tsx|mts|cts|js|mjs|cjs|lua|sql|sh|css|html|md|yml|yaml)|\/run)$/
const program = /\.(ts|tsx|mts|cts|js|mjs|cjs)$/

/** The project as it stands on disk. */
export function readTree(): Tree {
  const paths = [...folders.flatMap(textFilesIn), ...documents]
  const present = paths.filter((path) => existsSync(join(root, path)))
  return new Map(present.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
}

function textFilesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((item) => {
    const path = `${folder}/${item.name}`
    if (item.isDirectory()) return skippedFolders.has(item.name) ? [] : textFilesIn(path)
    return textFile.test(path) && path !== 'src/client/schema.ts' ? [path] : []
  })
}

/** A rule that looks at one file at a time. */
export function textRule(
  name: string,
  check: (file: { path: string; text: string }, report: Report) => void,
): Rule {
  return {
    name,
    check(tree) {
      const found: Violation[] = []
      for (const [path, text] of tree) {
        if (documents.includes(path)) continue
        check({ path, text }, (line, detail) => found.push({ path, line, rule: name, detail }))
      }
      return found
    },
  }
}

/** A rule that looks at every node of every program. */
export function syntaxRule(
  name: string,
  check: (node: ts.Node, context: { source: ts.SourceFile; path: string; report: Report }) => void,
): Rule {
  return textRule(name, ({ path, text }, report) => {
    if (!isProgram(path)) return
    const source = parse(path, text)
    for (const node of nodesOf(source)) check(node, { source, path, report })
  })
}

/** True for a file of TypeScript or JavaScript. */
export function isProgram(path: string): boolean {
  return program.test(path)
}

const parsed = new Map<string, { text: string; source: ts.SourceFile }>()

/** The syntax tree of a program; parsed once while its text stays the same. */
export function parse(path: string, text: string): ts.SourceFile {
  const known = parsed.get(path)
  if (known?.text === text) return known.source
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  parsed.set(path, { text, source })
  return source
}

const listed = new WeakMap<ts.SourceFile, readonly ts.Node[]>()

/** Every node of a program, from the outside in; walked through once. */
export function nodesOf(source: ts.SourceFile): readonly ts.Node[] {
  const known = listed.get(source)
  if (known !== undefined) return known
  const nodes: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  listed.set(source, nodes)
  return nodes
}

/** The line a position stands on, from 1. */
export function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1
}
