import { type Command } from 'commander'
import { instantOf } from '../clock.js'
import { HoldfastError } from '../errors.js'
import { type Holdfast } from '../holdfast.js'
import { type RotationSum, SecretNotFound } from '../secrets/index.js'
import { UsageFailure } from './failure.js'
import { refuseMissingFile, withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { rootKeyOf } from './root-key.js'
import { type Terminal } from './terminal.js'

interface TargetOptions extends DatabaseOptions {
  readonly organization?: string
  readonly all?: boolean
}

interface RotateOptions extends TargetOptions {
  readonly root?: boolean
  readonly batch?: string
}

interface SetOptions extends DatabaseOptions {
  readonly organization: string
  readonly description?: string
  readonly expiresInDays?: string
}

const dayMs = 24 * 60 * 60 * 1_000
const daysMax = 36_500
const organizationFlag = '--organization <id or slug>'
/** Waiting for others at most, unless more is configured. */
const patienceMs = 60_000
/** Progress is told at most so often. */
const tellEveryMs = 1_000

/** Adds `secrets rotate|retire|set|list`. */
export function addSecrets(program: Command, terminal: Terminal): void {
  const secrets = program.command('secrets').description('keep secrets, and rotate their keys')
  withDatabase(secrets.command('rotate'))
    .description('put secrets under a new key while everybody goes on; repeat it when broken off')
    .option(organizationFlag, 'a new key for this organization')
    .option('--all', 'a new key for every organization')
    .option('--root', 'put all organizations’ keys under the newest root key')
    .option('--batch <rows>', 'rows of one statement, 1 to 1000')
    .action((options: RotateOptions) => rotate(options, terminal))
  withDatabase(secrets.command('retire'))
    .description('refuse old keys for good, once nothing is under them')
    .option(organizationFlag, 'those of this organization')
    .option('--all', 'those of every organization')
    .action((options: TargetOptions) => retire(options, terminal))
  withDatabase(secrets.command('set'))
    .argument('<name>', 'the name of the secret')
    .description('keep a secret of an organization; its value is read from standard input')
    .option(organizationFlag, 'whose secret it is', 'default')
    .option('--description <text>', 'what it is for')
    .option('--expires-in-days <n>', 'when it can no longer be revealed (default: never)')
    .action((name: string, options: SetOptions) => set(name, options, terminal))
  withDatabase(secrets.command('list'))
    .description('list the secrets of an organization, without values')
    .option(organizationFlag, 'whose secrets', 'default')
    .action((options: SetOptions) => list(options, terminal))
}

/** Runs `work` with the root key, which is made for a database in a file. */
async function withKeys<R>(
  { makesSchema = false, ...options }: DatabaseOptions & { readonly makesSchema?: boolean },
  terminal: Terminal,
  work: (holdfast: Holdfast) => Promise<R>,
): Promise<R> {
  const { settings } = configured(options, terminal)
  if (!makesSchema) refuseMissingFile(settings.database)
  // A server that writes without a pause may keep this work from a SQLite file for a while.
  const acquireTimeoutMs = Math.max(settings.acquireTimeoutMs, patienceMs)
  const rootKey = rootKeyOf(settings, true)
  return withHoldfast({ ...settings, acquireTimeoutMs, rootKey, makesSchema }, terminal, work)
}

async function rotate(options: RotateOptions, terminal: Terminal): Promise<void> {
  refuseUnlessOne({ ...targetsOf(options), '--root': options.root === true })
  const batch = batchOf(options.batch)
  let toldMs = performance.now()
  const onProgress = ({ moved }: RotationSum) => {
    if (performance.now() - toldMs < tellEveryMs) return
    toldMs = performance.now()
    terminal.say(`holdfast: ${moved} done`)
  }
  const sum = await withKeys(options, terminal, async (holdfast) => {
    const { rotation, roots } = holdfast.secretWorks
    void roots.provider
    if (options.root === true) return rotation.rotateRoot({ batch, onProgress })
    if (options.all === true) return rotation.rotateAll({ batch, onProgress })
    const { id } = await holdfast.organizations.get(options.organization!)
    return rotation.rotateOrganization(id, { batch, onProgress })
  })
  if (options.json === true) terminal.print(JSON.stringify(sum))
  else terminal.print(sentenceOf(sum, options.root === true))
  if (sum.unreadable === 0) return
  terminal.say(`holdfast: warning: ${sum.unreadable} cannot be read and stay where they are`)
}

function sentenceOf({ done, moved }: RotationSum, isRoot: boolean): string {
  return isRoot
    ? `put ${moved} keys under the newest root key`
    : `put ${moved} values of ${done} organizations under a new key`
}

async function retire(options: TargetOptions, terminal: Terminal): Promise<void> {
  refuseUnlessOne(targetsOf(options))
  const retired = await withKeys(options, terminal, async (holdfast) => {
    const { retirement } = holdfast.secretWorks
    const ids = options.all === true
      ? [...new Set((await retirement.report()).old.map((each) => each.organizationId))]
      : [(await holdfast.organizations.get(options.organization!)).id]
    const each = []
    for (const id of ids) each.push({ organization_id: id, versions: await retirement.retire(id) })
    return each
  })
  if (options.json === true) return terminal.print(JSON.stringify({ retired }))
  const count = retired.reduce((sum, { versions }) => sum + versions.length, 0)
  terminal.print(`retired ${count} keys; those replaced within the last minute are left`)
}

async function set(name: string, options: SetOptions, terminal: Terminal): Promise<void> {
  const days = daysOf(options.expiresInDays)
  const value = await terminal.readInput()
  const secret = await withKeys({ ...options, makesSchema: true }, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    const { secrets } = holdfast.organization(id)
    const expiresAt = days === undefined
      ? undefined
      : instantOf(holdfast.clock.now() + days * dayMs)
    const given = { value, description: options.description, expiresAt }
    try {
      return await secrets.update(name, given)
    } catch (error) {
      const isNew = HoldfastError.isInstance(error) && error instanceof SecretNotFound
      if (!isNew) throw error
      return secrets.create({ name, ...given })
    }
  })
  if (options.json === true) {
    return terminal.print(JSON.stringify({ name: secret.name, version: secret.version }))
  }
  terminal.print(`kept ${secret.name}, version ${secret.version}`)
}

async function list(options: SetOptions, terminal: Terminal): Promise<void> {
  const { settings } = configured(options, terminal)
  await withHoldfast(settings, terminal, async (holdfast) => {
    const { id } = await holdfast.organizations.get(options.organization)
    const { secrets } = holdfast.organization(id)
    let cursor: string | undefined
    const all = []
    do {
      const page = await secrets.list({ limit: 200, cursor })
      all.push(...page.data)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    if (options.json === true) {
      const data = all.map(({ name, version, updatedAt, expiresAt, description }) =>
        ({ name, version, updated_at: updatedAt, expires_at: expiresAt, description }))
      return terminal.print(JSON.stringify({ data }))
    }
    for (const { name, version, updatedAt } of all) {
      terminal.print(`${name.padEnd(32)} version ${version}, ${updatedAt}`)
    }
  })
}

const targetsOf = ({ organization, all }: TargetOptions) =>
  ({ '--organization': organization !== undefined, '--all': all === true })

function refuseUnlessOne(flags: Readonly<Record<string, boolean>>): void {
  const names = Object.keys(flags)
  if (names.filter((name) => flags[name]).length === 1) return
  throw new UsageFailure(`give one of ${names.join(', ')}`)
}

function batchOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rows = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (rows >= 1 && rows <= 1_000) return rows
  throw new UsageFailure(`--batch must be a whole number from 1 to 1000, not ${text}`)
}

function daysOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const days = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= daysMax) return days
  throw new UsageFailure(`--expires-in-days must be from 1 to ${daysMax}, not ${text}`)
}
