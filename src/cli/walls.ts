import { type Walls } from '../database/engine.js'

/** What is wrong with how far row-level security holds for a login, and the command for it. */
export function wallFault(walls: Walls): { message: string; fix: string } | undefined {
  const { role, unbound, open } = walls
  const fix = 'Run: holdfast init-db --roles --admin-url <url of an administrator>; then serve ' +
    'with the two URLs that it prints.'
  if (unbound !== undefined) {
    const what = {
      superuser: 'is a superuser, or may become one',
      BYPASSRLS: 'has BYPASSRLS, or may become a role that has',
      'table owner': 'owns the tables, or may become their owner',
    }[unbound]
    return { message: `"${role}" ${what}: row-level security does not bind it.`, fix }
  }
  if (open.length === 0) return undefined
  const message = `Row-level security is not forced on ${open.join(', ')}.`
  return { message, fix: 'Run as the owner: holdfast migrate up' }
}
