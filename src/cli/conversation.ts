import { createReadStream } from 'node:fs'
import { type Readable } from 'node:stream'
import { type Command } from 'commander'
import { type OrganizationStores } from '../holdfast.js'
import { CommandFailure } from './failure.js'
import { lineWriter } from './line-writer.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

interface OrganizationOptions extends DatabaseOptions {
  readonly organization: string
}

interface ExportOptions extends OrganizationOptions {
  readonly out?: string
}

interface ImportOptions extends OrganizationOptions {
  readonly newId?: boolean
}

/** Adds `conversation export` and `conversation import`. */
export function addConversation(program: Command, terminal: Terminal): void {
  const conversation = program.command('conversation')
    .description('write conversations to files and read them back')
  withDatabase(conversation.command('export <conversation>'))
    .description('write a conversation with its whole tree as JSON lines')
    .option('--organization <id or slug>', 'whose conversation', 'default')
    .option('--out <file>', 'write it to a file instead')
    .action((id: string, options: ExportOptions) => exportConversation(id, options, terminal))
  withDatabase(conversation.command('import <file>'))
    .description('make a conversation of an exported file, or of - for standard input')
    .option('--organization <id or slug>', 'whose it becomes', 'default')
    .option('--new-id', 'give it a new id instead of that in the file')
    .action((file: string, options: ImportOptions) => importConversation(file, options, terminal))
}

async function exportConversation(
  id: string,
  options: ExportOptions,
  terminal: Terminal,
): Promise<void> {
  await withStores(options, terminal, async ({ conversations }) => {
    const lines = conversations.export(id)
    // Before a file is made: there may be no such conversation.
    const first = (await lines.next()).value!
    const writer = lineWriter(options.out, terminal)
    const withoutFeed = (line: string) => line.slice(0, -1)
    await writer.write(withoutFeed(first))
    for await (const line of lines) await writer.write(withoutFeed(line))
    await writer.end()
  })
}

async function importConversation(
  file: string,
  { newId, ...options }: ImportOptions,
  terminal: Terminal,
): Promise<void> {
  const opening = { ...options, makesSchema: true }
  const imported = await withStores(opening, terminal, ({ conversations }) =>
    conversations.import(piecesOf(file, terminal), { newId, bytesMax: Infinity }))
  const { id, sourceId, messages, erased } = imported
  if (options.json === true) {
    return terminal.print(JSON.stringify({ id, source_id: sourceId, messages, erased }))
  }
  terminal.print(`imported the conversation ${id}: ${messages} messages, ${erased} of them erased`)
}

async function* piecesOf(file: string, terminal: Terminal): AsyncGenerator<Uint8Array, void, void> {
  const source: Readable = file === '-' ? terminal.input : createReadStream(file)
  try {
    for await (const piece of source) yield Buffer.from(piece as Buffer)
  } catch (cause) {
    const sentence = `The file ${file} cannot be read (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'file_unreadable', cause })
  }
}

async function withStores<R>(
  { makesSchema, ...options }: OrganizationOptions & { readonly makesSchema?: boolean },
  terminal: Terminal,
  work: (stores: OrganizationStores) => Promise<R>,
): Promise<R> {
  const { settings } = configured(options, terminal)
  return withHoldfast({ ...settings, makesSchema }, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    return work(holdfast.organization(id, { id: 'command line' }))
  })
}
