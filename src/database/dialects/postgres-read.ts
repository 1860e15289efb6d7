import { type Kind } from '../columns.js'

const instantFormat = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`

/** See `Moving.read`. */
export function read(kind: Kind, column: string): string {
  const name = `"${column}"`
  if (kind === 'instant') return `to_char(${name} at time zone 'UTC', ${instantFormat})`
  return kind === 'flag' ? `${name}::int` : name
}
