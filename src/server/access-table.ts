import { accessMatrix, type AccessRow } from '../identity/index.js'
import { rawRoutes, routes } from './routes.js'

/** The lines of the table in docs/reference/access.md: one an action, with its operations. */
export function accessTable(): string[] {
  return accessMatrix().map(lineOf)
}

function lineOf({ action, person, member, admin, owner, scopes }: AccessRow): string {
  const used = [...routes, ...rawRoutes].filter((route) => route.action === action)
  const operations = used.map(({ operationId }) => operationId).sort().join(', ')
  const marks = [person, member, admin, owner, scopes.length > 0].map((may) => (may ? 'yes' : ''))
  return `| ${[`\`${action}\``, ...marks, operations].join(' | ')} |`
}
