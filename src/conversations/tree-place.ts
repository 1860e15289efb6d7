import { type Stored } from '../database/columns.js'
import { conversations, messages as table } from './tables.js'
import { type TreePlace } from './tree-statements.js'

/** A message as the database hands it out. */
export type StoredMessage = Record<string, unknown>

/** Where the next message goes, and what it follows. */
export interface Target extends TreePlace {
  readonly id: Stored<'id'> | null
}

/** Where reading begins; `above` counts only toward the leaf. */
export interface Start extends TreePlace {
  readonly above: number
}

const { columns } = table

/** A number of the tree in stored form. */
export const integer = (value: number): Stored<'integer'> => columns.depth.encode(value, 'depth')

/** Where roots begin. */
export const rootBranch = -1

/** What a conversation's row says of its active leaf. */
export interface ActiveRow {
  readonly active_leaf_id: Stored<'id'> | null
  readonly active_branch: Stored<'integer'>
  readonly active_depth: Stored<'integer'>
  readonly branch_count: Stored<'integer'>
}

/** Numbers as numbers: one engine's driver hands out text. */
export function rowOf(row: Record<keyof ActiveRow, unknown>): ActiveRow {
  const { activeBranch, activeDepth, branchCount } = conversations.columns
  return {
    active_leaf_id: row.active_leaf_id as Stored<'id'> | null,
    active_branch: integer(activeBranch.decode(row.active_branch)),
    active_depth: integer(activeDepth.decode(row.active_depth)),
    branch_count: integer(branchCount.decode(row.branch_count)),
  }
}

/** The place of a stored message. */
export function targetOf(stored: StoredMessage): Target {
  return {
    conversation_id: stored.conversation_id as Stored<'id'>,
    branch: integer(columns.branch.decode(stored.branch)),
    depth: integer(columns.depth.decode(stored.depth)),
    id: stored.id as Stored<'id'>,
  }
}

/** So many steps deeper than a stored message, on its branch. */
export function beneath(stored: StoredMessage, steps: number): Start {
  const place = targetOf(stored)
  return { ...place, depth: integer(place.depth + steps), above: 0 }
}

/** The place in a cursor. */
export function placeOfCursor([conversation, branch, depth, above]: (string | number)[]): Start {
  return {
    conversation_id: columns.conversationId.encode(String(conversation), 'cursor'),
    branch: integer(Number(branch)),
    depth: integer(Number(depth)),
    above: Number(above),
  }
}
