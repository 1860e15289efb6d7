import { sql } from 'kysely'
import { type Stored, text } from '../database/columns.js'
import { type Namespace } from './contract.js'

/** Ends each label. No character of a label is written as this one. */
const terminator = '\u0001'

/** Stands before what U+0000, U+0001 and U+0002 become, so that they sort as they did. */
const mark = '\u0002'

const reserved = /[\u0000-\u0002]/g
const marked = /\u0002([\s\S])/g
const column = text()

/**
 * The one text of a namespace: its labels, each behind the one before and ended by a character that
 * none of them holds. One to one, in the order of the labels; and a namespace is below another
 * exactly when its text begins with the other's, since the end of the last label is part of it.
 */
export function encodeNamespace(namespace: Namespace, field = 'namespace'): Stored<'text'> {
  return column.encode(namespace.map(encodeLabel).join(''), field)
}

const encodeLabel = (label: string): string => label.replace(reserved, shifted) + terminator

const shifted = (character: string) => mark + String.fromCharCode(character.charCodeAt(0) + 2)

/** The labels that `encodeNamespace` was given. */
export function decodeNamespace(stored: unknown): string[] {
  return column.decode(stored).split(terminator).slice(0, -1).map((label) =>
    label.replace(marked, (_, after: string) => String.fromCharCode(after.charCodeAt(0) - 2)))
}

/** A run of stored namespaces: from the first on, and before the second. */
export interface NamespaceRange {
  readonly low: Stored<'text'>
  /** Null for the end of all. */
  readonly high: Stored<'text'> | null
}

/** A namespace and all below it; with no labels, all there are. */
export function rangeBelow(namespace: Namespace, field?: string): NamespaceRange {
  const low = encodeNamespace(namespace, field)
  return { low, high: namespace.length === 0 ? null : behind(low) }
}

/** A namespace and none below it. */
export function rangeOf(namespace: Namespace, field?: string): NamespaceRange {
  const low = encodeNamespace(namespace, field)
  return { low, high: after(low) }
}

/** The least text behind a namespace and all below it. */
const behind = (low: Stored<'text'>) => (low.slice(0, -1) + mark) as Stored<'text'>

/** The least text behind one text alone. */
export const after = (low: Stored<'text'>) => (low + terminator) as Stored<'text'>

/** That a column of namespaces is within a range. */
export function isWithin(name: string, { low, high }: NamespaceRange) {
  const at = sql.ref(name)
  return high === null ? sql`${at} >= ${low}` : sql`${at} >= ${low} and ${at} < ${high}`
}
