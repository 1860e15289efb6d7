import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { nowOf } from '../../../clock.js'
import { InvalidInput } from '../../../errors.js'
import { isUuid } from '../../../ids.js'
import { isObject } from '../json-object.js'
import { Keeping } from '../keeping.js'
import { type ImportParts } from '../parts.js'
import { type ImportOptions, type ImportReport, Ledger } from '../report.js'
import { SecretKeeper } from '../secret-keeper.js'
import { OpenHandsConversations, type OpenHandsWork } from './conversations.js'
import { Home } from './home.js'
import { SecretFields } from './secret-fields.js'
import { OpenHandsSettings, type SettingsTarget } from './settings.js'
import { v0Conversations } from './v0.js'
import { v1AgentConversations } from './v1-agent.js'
import { v1AppConversations } from './v1-app.js'

/** What an import of OpenHands is told. */
export interface OpenHandsImportOptions extends ImportOptions {
  /**
   * Whose the settings and secrets of the home become, of which OpenHands does not say whose they
   * are: `organization`, `nobody` to leave them out, or the id of a user.
   */
  readonly settingsOf: string
  /** Further keys that secrets may be under: JWT_SECRET, OH_SECRET_KEY. @default [] */
  readonly keys?: readonly string[] | undefined
  /** Users here by their ids in OpenHands: conversations of others begin with nobody. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** Whether secrets are imported. @default true */
  readonly secrets?: boolean | undefined
}

/**
 * Imports a home of OpenHands: a V0 file store, a home of the V1 app server, of the V1 agent server
 * or the command line, or all of them in one. Repeated, it adds what is new and what is missing.
 * Throws InvalidInput.
 */
export async function importOpenHands(
  parts: ImportParts, path: string, options: OpenHandsImportOptions,
): Promise<ImportReport> {
  const target = targetOf(options)
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new InvalidInput(`there is no folder at ${path}`)
  }
  if (target.userId !== undefined) await checkUser(parts, target.userId, 'settingsOf')
  const users = peopleIn(options.users ?? {})
  for (const id of Object.values(users)) await checkUser(parts, id, 'users')
  const startedAt = nowOf(parts.clock)
  const ledger = new Ledger(options)
  const home = new Home(path)
  const keeping = new Keeping(parts, ledger, 'openhands')
  const work: OpenHandsWork = { parts, ledger, keeping, home, users }
  const keeper = new SecretKeeper(parts, ledger, {
    userId: target.userId, isWanted: options.secrets !== false && target.owner !== 'nobody',
  })
  const fields = new SecretFields(ledger, keeper, heldKeys(home, ledger, options.keys ?? []))
  ledger.begin('conversations')
  ledger.begin('events')
  const conversations = new OpenHandsConversations(work)
  for (const found of v0Conversations(work)) await conversations.add(found)
  for (const found of await v1AppConversations(work)) await conversations.add(found)
  for (const found of await v1AgentConversations(work, fields)) await conversations.add(found)
  ledger.begin('settings')
  ledger.begin('secrets')
  await new OpenHandsSettings(work, { fields, keeper, target }).run()
  for (const { path: file, count } of home.unseen()) {
    const place = home.placeOf(file)
    if (count === 1 && home.isFile(place)) home.find(file)
    ledger.found('files')
    const reason = count === 1 ? 'it is no file that OpenHands is known to keep'
      : `${count} files are in it, none of which OpenHands is known to keep`
    ledger.skipped({ kind: 'files', place, reason })
  }
  for (const place of home.misread()) {
    const reason = 'it is no UTF-8: its text was read as Windows-1252'
    ledger.damaged({ kind: 'files', place, reason }, true)
  }
  for (const digest of home.digests()) ledger.detail('file_digests', digest)
  const { conversations: found, settings, secrets } = counts(ledger)
  if (found + settings + secrets === 0) throw new InvalidInput(`there is no OpenHands at ${path}`)
  return ledger.report({
    source: 'openhands', path, organization_id: parts.organizationId, started_at: startedAt,
    finished_at: nowOf(parts.clock),
  })
}

const counts = (ledger: Ledger) => ({
  conversations: ledger.count('conversations').found, settings: ledger.count('settings').found,
  secrets: ledger.count('secrets').found,
})

function targetOf({ settingsOf }: OpenHandsImportOptions): SettingsTarget {
  if (settingsOf === 'organization' || settingsOf === 'nobody') {
    return { owner: settingsOf, userId: undefined }
  }
  if (isUuid(settingsOf)) return { owner: 'user', userId: settingsOf.toLowerCase() }
  const rule = 'must say whose the settings are: organization, nobody, or the id of a user'
  throw new InvalidInput(`settingsOf ${rule}`, { field: 'settingsOf' })
}

/** Nobody else is in it: a person of the source may be called `constructor`. */
function peopleIn(users: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const people = Object.create(null) as Record<string, string>
  for (const [source, id] of Object.entries(users)) people[source] = String(id).toLowerCase()
  return people
}

/** Refuses somebody that there is not, before anything is written in their name. */
async function checkUser({ database }: ImportParts, id: string, field: string): Promise<void> {
  const query = database.write.selectFrom('users').select('id')
  const found = isUuid(id)
    ? await database.first(query.where('id', '=', id.toLowerCase())) : undefined
  if (found !== undefined) return
  throw new InvalidInput(`${field} names a user that there is not: ${id}`, { field })
}

/** The keys that were given, and those that lie in the home. */
function heldKeys(home: Home, ledger: Ledger, given: readonly string[]): string[] {
  const keys = [...given]
  if (home.isFile('.jwt_secret')) {
    keys.push(home.read(join(home.root, '.jwt_secret')).toString('utf8').trim())
  }
  if (!home.isFile('.keys')) return keys
  try {
    const listed = JSON.parse(home.read(join(home.root, '.keys')).toString('utf8')) as unknown
    for (const each of Array.isArray(listed) ? listed : []) {
      if (isObject(each) && typeof each.key === 'string') keys.push(each.key)
    }
  } catch {
    // The parser's own message would show a key.
    const reason = 'it holds no list of keys: what is under them cannot be opened'
    ledger.damaged({ kind: 'secrets', place: '.keys', reason }, true)
  }
  return keys
}
