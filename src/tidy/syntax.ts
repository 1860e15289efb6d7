import ts from 'typescript'
import { lineOf, syntaxRule } from './tree.js'

const functionLinesMax = 70
const parametersMax = 3

/** No function spans more than 70 lines; the outermost describe or contract of a test may. */
export const functionLength = syntaxRule('function-length', (node, { source, path, report }) => {
  if (!isFunctionWithBody(node) || (path.endsWith('.test.ts') && isOuterSuite(node))) return
  const first = lineOf(source, node.getStart())
  const count = lineOf(source, node.getEnd()) - first + 1
  if (count > functionLinesMax) report(first, `${count} lines, at most ${functionLinesMax}`)
})

/** No function takes more than three parameters; further ones go into an options object. */
export const parameters = syntaxRule('parameters', (node, { source, report }) => {
  if (!isFunctionWithBody(node) && !ts.isMethodSignature(node)) return
  const own = node.parameters.filter((parameter) => parameter.name.getText() !== 'this')
  if (own.length <= parametersMax) return
  report(lineOf(source, node.getStart()), `${own.length} parameters, at most ${parametersMax}`)
})

/** The type `any` stands only beside a comment that says why. */
export const reasonForAny = syntaxRule('reason-for-any', (node, { source, report }) => {
  if (node.kind !== ts.SyntaxKind.AnyKeyword) return
  const line = lineOf(source, node.getStart())
  const lines = source.text.split('\n')
  const explained = [lines[line - 1], lines[line - 2]].some((text) => isComment(text ?? ''))
  if (!explained) report(line, 'any without a comment that gives the reason')
})

/** A comment of at least three words on this line. */
function isComment(line: string): boolean {
  const comment = /(?:^|\s)(?:\/\/|\/\*+|\*)\s+(.+)$/.exec(line)?.[1] ?? ''
  return (comment.match(/[\p{L}]+/gu) ?? []).length >= 3
}

const engineName = /^(sqlite|postgres|postgresql|memory)(:.*)?$/
const equality = new Set([
  ts.SyntaxKind.EqualsEqualsToken, ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken,
])
const asking = new Set(['startsWith', 'endsWith', 'includes', 'indexOf', 'has'])
const isEngine = /\b(engine|dialect|backend)(\.name)?$/i

/** Only src/database may ask which engine it is on. */
export const engineNames = syntaxRule('engine-names', (node, { source, path, report }) => {
  if (!path.startsWith('src/') || path.startsWith('src/database/')) return
  const asked = askedEngine(node)
  if (asked === undefined) return
  report(lineOf(source, node.getStart()), `asks for the engine (${asked}); ask for a fact of it`)
})

function askedEngine(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node) && equality.has(node.operatorToken.kind)) {
    return [node.left, node.right].map(namedEngine).find((name) => name !== undefined)
  }
  if (ts.isSwitchStatement(node)) return namedEngine(node.expression)
  if (ts.isCaseClause(node)) return namedEngine(node.expression)
  if (ts.isElementAccessExpression(node)) {
    const { argumentExpression: key } = node
    return ts.isStringLiteralLike(key) ? undefined : namedEngine(key)
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    if (!asking.has(node.expression.name.text)) return undefined
    return node.arguments.map(namedEngine).find((name) => name !== undefined)
  }
  return undefined
}

/** The text of an expression that names an engine: 'sqlite', or engine.name. */
function namedEngine(node: ts.Expression): string | undefined {
  if (ts.isStringLiteralLike(node)) return engineName.test(node.text) ? node.text : undefined
  if (!ts.isPropertyAccessExpression(node) || node.name.text !== 'name') return undefined
  return isEngine.test(node.getText()) ? node.getText() : undefined
}

const testRoots = new Set(['it', 'test', 'describe', 'suite', 'contract', 'bench', 'context'])
const skipping = new Set(['skip', 'only', 'todo'])

/** No test is skipped or singled out by hand; the contract harness alone skips, with a reason. */
export const skippedTests = syntaxRule('skipped-tests', (node, { source, path, report }) => {
  if (path.startsWith('src/testing/')) return
  if (ts.isPropertyAccessExpression(node) && skipping.has(node.name.text)) {
    if (!testRoots.has(rootOf(node)) && !isCalled(node)) return
    report(lineOf(source, node.name.getStart()), `.${node.name.text} hides a test`)
  }
  if (ts.isPropertyAssignment(node) && skipping.has(node.name.getText())) {
    const call = node.parent.parent
    if (!ts.isCallExpression(call) || !testRoots.has(rootOf(call.expression))) return
    report(lineOf(source, node.getStart()), `${node.getText()} hides a test`)
  }
})

function rootOf(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) {
    return rootOf(node.expression)
  }
  return node.getText()
}

function isCalled(node: ts.PropertyAccessExpression): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node
}

function isFunctionWithBody(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

const suites = new Set(['describe', 'contract', 'coordinationContract'])

/** A callback of describe or a contract that stands in no other function. */
function isOuterSuite(node: ts.Node): boolean {
  const call = node.parent
  if (!ts.isCallExpression(call) || !suites.has(rootOf(call.expression))) return false
  let outer: ts.Node = call.parent
  while (!ts.isSourceFile(outer)) {
    if (ts.isFunctionLike(outer)) return false
    outer = outer.parent
  }
  return true
}
