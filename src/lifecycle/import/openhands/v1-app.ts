import { join } from 'node:path'
import {
  ForeignFile, type ForeignRow, type ForeignTable, isForeignFile,
} from '../../../database/foreign.js'
import { InvalidInput } from '../../../errors.js'
import { exactJson, objectOf } from '../exact-json.js'
import { keysByContent, type KeptValue } from '../keeping.js'
import { momentIn } from '../moments.js'
import { wholeRow } from '../orcheo/reading.js'
import { type OpenHandsWork } from './conversations.js'
import { dashed } from './events.js'
import { type FoundConversation, type FoundEvent } from './found.js'
import { readObject, wholeAmong } from './reading.js'
import { usageOf } from './usage.js'
import { conversationOf, conversationOfOne, tellOneMore } from './v0.js'

const database = 'openhands.db'

/** Files of one event: the same one may lie in two layouts. */
type Paths = Map<string, string[]>

interface Folder {
  readonly owner: string | null
  readonly place: string
  readonly events: Paths
  /** Files that are no events. */
  readonly files: string[]
}

/** Conversations of a home of the V1 app server: rows of its database, and folders of events. */
export async function v1AppConversations(work: OpenHandsWork): Promise<FoundConversation[]> {
  const folders = eventFolders(work)
  const rows = await rowsOf(work)
  const ids = new Set([...rows.keys(), ...folders.keys()])
  return [...ids].sort().flatMap((id) => {
    const row = rows.get(id)
    const { main, others } = parted(folders.get(id) ?? [], row?.user_id)
    return [
      conversation(work, id, { row, folder: main }),
      ...others.map((folder) => oneMore(work, id, folder)),
    ]
  })
}

/** Events of somebody whose conversation has the id of another one's. */
function oneMore(work: OpenHandsWork, sid: string, folder: Folder): FoundConversation {
  const owner = folder.owner!
  const id = conversationOfOne(sid, owner)
  tellOneMore(work, { place: folder.place, owner, id })
  return conversation(work, id, { row: undefined, folder })
}

/** Folders of one conversation in several layouts, and those of other people. */
function parted(folders: readonly Folder[], said: unknown) {
  const owners = folders.flatMap(({ owner }) => (owner === null ? [] : [owner]))
  const owner = owners.find((each) => each === said) ?? owners[0] ?? null
  const [first, ...more] = folders.filter((each) => each.owner === null || each.owner === owner)
  const events: Paths = new Map(first?.events)
  for (const each of more) {
    for (const [name, paths] of each.events) events.set(name, [...events.get(name) ?? [], ...paths])
  }
  return {
    main: first === undefined ? undefined : {
      owner, place: first.place, events, files: [first, ...more].flatMap(({ files }) => files),
    },
    others: folders.filter((each) => each.owner !== null && each.owner !== owner),
  }
}

function eventFolders({ home }: OpenHandsWork): Map<string, Folder[]> {
  const folders = new Map<string, Folder[]>()
  const take = (parts: readonly string[], sid: string, owner: string | null) => {
    const id = conversationOf(sid)
    const known: Folder = { owner, place: [...parts, sid].join('/'), events: new Map(), files: [] }
    folders.set(id, [...folders.get(id) ?? [], known])
    for (const name of home.filesBelow(...parts, sid)) {
      const path = join(home.root, ...parts, sid, name)
      const event = eventIdIn(name)
      if (event === undefined) {
        if (!/(^|\/)\./.test(name)) known.files.push(path)
        continue
      }
      home.see(path)
      known.events.set(event, [...known.events.get(event) ?? [], path])
    }
  }
  for (const sid of home.folders('v1_conversations')) take(['v1_conversations'], sid, null)
  for (const user of home.folders()) {
    for (const sid of home.folders(user, 'v1_conversations')) {
      take([user, 'v1_conversations'], sid, user)
    }
  }
  for (const sid of home.folders('v1', 'events')) take(['v1', 'events'], sid, null)
  return folders
}

/** The id that a file of an event has by its name; with dashes or without. */
const eventIdIn = (name: string): string | undefined =>
  /^[^/]*?([0-9a-f]{8}(-?)[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12})(?:\.json)?$/i
    .exec(name)?.[1]?.replaceAll('-', '').toLowerCase()

/** Rows of conversations by id; rows of all other tables are kept as items. */
async function rowsOf(work: OpenHandsWork): Promise<Map<string, ForeignRow>> {
  const { home, ledger } = work
  const rows = new Map<string, ForeignRow>()
  const path = join(home.root, database)
  if (!home.isFile(database)) return rows
  if (!isForeignFile(path)) {
    home.read(path)
    const reason = 'it is no database: it is empty, or its first bytes are others'
    ledger.damaged({ kind: 'files', place: database, reason }, true)
    return rows
  }
  for (const part of ['-wal', '-shm', '-journal']) home.see(`${path}${part}`)
  home.read(path)
  let file: ForeignFile
  try {
    file = new ForeignFile(path)
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    ledger.damaged({ kind: 'files', place: database, reason: error.message }, true)
    return rows
  }
  try {
    for (const reason of file.faults()) {
      ledger.damaged({ kind: 'files', place: database, reason: `its check says: ${reason}` }, true)
    }
    for (const table of file.tables()) {
      if (table.name !== 'conversation_metadata') await keepTable(work, file, table)
      else for (const row of readableRows(work, file, table)) rows.set(idIn(work, row), row)
    }
  } finally {
    file.close()
  }
  return rows
}

function idIn({ ledger }: OpenHandsWork, row: ForeignRow): string {
  const id = row.conversation_id ?? null
  if (typeof id === 'string' && id !== '') return conversationOf(id)
  const reason = 'the id of a conversation is no text: it was turned into a number and is lost'
  ledger.damaged({ kind: 'conversations', place: `${database}/${String(id)}`, reason }, true)
  return conversationOf(`lost id ${String(id)}`)
}

/** Rows up to the first that cannot be read, which is reported. */
function* readableRows(
  { ledger }: OpenHandsWork, file: ForeignFile, table: ForeignTable,
): Generator<ForeignRow> {
  try {
    yield* file.rows(table)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const reason = `the rest of the table cannot be read: ${why}`
    const kind = table.name === 'conversation_metadata' ? 'conversations' : table.name
    ledger.damaged({ kind, place: `${database}/${table.name}`, reason }, true)
  }
}

async function keepTable(
  work: OpenHandsWork, file: ForeignFile, table: ForeignTable,
): Promise<void> {
  const { keeping, ledger, users } = work
  const kind = table.name
  const values: KeptValue[] = []
  const keyOf = keysByContent()
  for (const row of readableRows(work, file, table)) {
    ledger.found(kind)
    ledger.unmapped(kind, '(the table has no counterpart)', keeping.nameOf(kind))
    const named: string = table.key.map((column) => String(row[column])).join('/')
    const value = wholeRow(row)
    const key: string = named === '' ? keyOf(value) : named
    const isLost = (column: string) => typeof row[column] === 'number' &&
      column === 'id' && !table.integers.includes(column)
    if (table.key.some(isLost)) {
      const reason = 'an id of digits only was turned into a number: its digits are lost'
      ledger.damaged({ kind, place: `${database}/${kind}/${key}`, reason }, true)
    }
    const owner = row.user_id ?? row.created_by_user_id
    values.push({ key, value, userId: typeof owner === 'string' ? users[owner] : null })
  }
  const added = await keeping.values(kind, values)
  ledger.imported(kind, added)
  ledger.present(kind, values.length - added)
}

function conversation(work: OpenHandsWork, id: string, { row, folder }: {
  readonly row: ForeignRow | undefined
  readonly folder: Folder | undefined
}): FoundConversation {
  const place = folder?.place ?? `${database}/conversation_metadata/${id}`
  const meta = row === undefined ? undefined : wholeRow(row)
  if (row === undefined) {
    const reason = 'the database has no row of it: the events are imported all the same'
    work.ledger.damaged({ kind: 'conversations', place, reason }, true)
  } else {
    work.ledger.note('Times of the database say no zone, and were read as UTC.')
  }
  const text = (name: string) => (typeof row?.[name] === 'string' ? row[name] : null)
  const owner = text('user_id') ?? folder?.owner ?? null
  const usage = meta === undefined ? undefined : usageOf('conversation', meta, {
    cost: 'accumulated_cost', tokensIn: 'prompt_tokens', tokensOut: 'completion_tokens',
    model: 'llm_model',
  })
  return {
    id, sourceId: text('conversation_id') ?? id, layout: 'v1-app-server', place, owner,
    title: text('title'), createdAt: momentIn(row?.created_at)?.instant ?? null,
    updatedAt: momentIn(row?.last_updated_at)?.instant ?? null,
    metadata: exactJson(objectOf([['openhands', objectOf([
      ['layout', '"v1-app-server"'], ['source_id', JSON.stringify(id)],
      ['owner', JSON.stringify(owner)],
      ['metadata', row === undefined ? 'null' : rowText(row)],
    ])]])),
    order: 'time', missing: [], leaf: undefined, usage: usage === undefined ? [] : [usage],
    events: [...folder?.events ?? []].sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, paths]) => eventIn(work, name, paths)),
    files: folder?.files ?? [], states: {},
  }
}

const rowText = (row: ForeignRow): string => JSON.stringify(wholeRow(row).value)

function eventIn({ home }: OpenHandsWork, name: string, paths: readonly string[]): FoundEvent {
  const [path, ...others] = paths as [string, ...string[]]
  return {
    name: dashed(name), place: home.placeOf(path), path,
    read: () => readObject(home, path),
    recover: () => wholeAmong(home, others),
  }
}
