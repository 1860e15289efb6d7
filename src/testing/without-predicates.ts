import { reachAll } from '../database/reach.js'
import { type Backend, type Session, type Statement } from '../database/engine.js'

const column = String.raw`(?:"?\w+"?\.)?"?organization_id"?`
const toParameter = new RegExp(String.raw`${column} = (\$\d+)`, 'g')
const toQuestionMark = new RegExp(String.raw`${column} = \?`, 'g')
const toColumn = new RegExp(String.raw`${column} = ${column}`, 'g')

/**
 * The same database under stores that forgot whose rows they work on: every comparison with an
 * organization's id counts as true. What still keeps organizations apart is the database itself.
 * For tests alone: it wraps a backend, so that no setting can switch it on.
 */
export function withoutPredicates(backend: Backend): Backend {
  const forgetful = forgetfulSession(backend)
  return new Proxy(backend, {
    get(target, name) {
      if (name in forgetful) return forgetful[name as keyof Session]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function forgetfulSession(session: Session): Session {
  return {
    run: (statement) => session.run(forgetfulStatement(statement)),
    atomic: (statements) => session.atomic(statements.map(forgetfulStatement)),
    transaction: (work) => session.transaction((inner) => work(forgetfulSession(inner))),
    snapshot: (work) => session.snapshot((inner) => work(forgetfulSession(inner))),
  }
}

/**
 * What reaches every organization has no second wall and says so: it finds out who somebody is, or
 * works for all. Parameters stay in the text, so that the database knows how many there are and
 * their types.
 */
function forgetfulStatement(statement: Statement): Statement {
  if (statement.reach === reachAll) return statement
  const sql = statement.sql
    .replace(toColumn, 'true')
    .replace(toParameter, '($1::uuid is not null)')
    .replace(toQuestionMark, '(? is not null)')
  // The same statement may go to the same connection as it is, by who works for all.
  return { ...statement, sql, ...statement.name && { name: `${statement.name}_forgetful` } }
}
