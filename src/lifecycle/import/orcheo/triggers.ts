import { HoldfastError, InvalidInput } from '../../../errors.js'
import { ScheduleNameTaken } from '../../../queues/index.js'
import { WebhookNameTaken } from '../../../webhooks/index.js'
import { exactJson, membersOf, objectOf } from '../exact-json.js'
import { isObject } from '../json-object.js'
import { type SecretKeeper } from '../secret-keeper.js'
import { idOf, OrcheoReading, type OrcheoWork, type SourceRow } from './reading.js'

/** Where jobs of imported triggers go. */
const queue = 'runs'

const secretsOfWebhook = ['shared_secret', 'hmac_secret'] as const

/**
 * Imports triggers. All come switched off: two systems that fire the same trigger do everything
 * twice. What is configured of them is kept as well, word by word but for secrets.
 */
export class OrcheoTriggers {
  readonly #work: OrcheoWork
  readonly #reading: OrcheoReading
  readonly #secrets: SecretKeeper

  constructor(work: OrcheoWork, secrets: SecretKeeper) {
    this.#work = work
    this.#reading = new OrcheoReading(work)
    this.#secrets = secrets
  }

  async run(): Promise<void> {
    await this.#reading.each('webhook_triggers', (row) => this.#webhook(row))
    await this.#reading.each('cron_triggers', (row) => this.#cron(row))
    await this.#reading.each('retry_policies', async (row) => {
      const config = this.#config(row)
      await this.#keep('retry_policies', row, config)
    })
  }

  #config(row: SourceRow): Record<string, unknown> {
    const config = row.json('config')
    if (!isObject(config?.value)) throw new InvalidInput('config is no object')
    return config.value
  }

  async #keep(kind: string, row: SourceRow, config: Record<string, unknown>): Promise<void> {
    const { keeping, ledger } = this.#work
    const hidden: readonly string[] = secretsOfWebhook
    const members = [...membersOf(row.needed('config'))].map(([name, text]) => [
      name, hidden.includes(name) && config[name] != null ? '{"$secret":true}' : text,
    ] as [string, string])
    const cells = Object.entries(row.cells).filter(([name]) => name !== 'config')
      .map(([name, value]) => [name, JSON.stringify(value)] as [string, string])
    const value = exactJson(objectOf([...cells, ['config', objectOf(members)]]))
    const count = await keeping.values(kind, [{ key: row.key, value }])
    ledger[count === 1 ? 'imported' : 'present'](kind)
    ledger.unmapped(kind, 'config', keeping.nameOf(kind))
  }

  async #cron(row: SourceRow): Promise<void> {
    const config = this.#config(row)
    const { parts, ledger } = this.#work
    const name = nameOf(row)
    const lastRunAt = this.#reading.moment(row, 'last_dispatched_at')
    await this.#keep('cron_triggers', row, config)
    if (ledger.isDry) return
    try {
      await parts.stores().schedules.create({
        name, queue, cron: String(config.expression ?? ''),
        timeZone: String(config.timezone ?? 'UTC'), overlap: config.allow_overlapping === true,
        enabled: false, missed: 'skip',
        startsAt: this.#bound(config, 'start_at'), endsAt: this.#bound(config, 'end_at'),
        payload: { workflow: idOf(row.needed('workflow_id')) },
      })
    } catch (error) {
      if (error instanceof ScheduleNameTaken) return
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      const reason = `no schedule could be made of it: ${error.message}`
      return ledger.damaged({ kind: 'cron_triggers', place: row.place, reason }, true)
    }
    ledger.detail('schedules', { name, workflow_id: row.text('workflow_id'), enabled: false })
    if (lastRunAt === null) return
    await parts.database.run(parts.database.write.updateTable('schedules')
      .set({ last_run_at: lastRunAt })
      .where('organization_id', '=', parts.organizationId).where('name', '=', name))
  }

  /** A moment of the configuration; null where there is none. Throws InvalidInput. */
  #bound(config: Record<string, unknown>, name: string): string | null {
    const given = config[name] ?? null
    return given === null ? null : this.#reading.momentOf(String(given), `config.${name}`)
  }

  async #webhook(row: SourceRow): Promise<void> {
    const config = this.#config(row)
    const { parts, ledger } = this.#work
    const workflow = row.needed('workflow_id')
    await this.#keep('webhook_triggers', row, config)
    for (const name of secretsOfWebhook) {
      const value = config[name]
      if (typeof value !== 'string' || value === '') continue
      ledger.found('webhook_secrets')
      await this.#secrets.keep({
        kind: 'webhook_secrets', place: `${row.place}.${name}`, value,
        name: `orcheo/webhook/${workflow}/${name}`, description: 'of a webhook trigger of Orcheo',
      })
    }
    if (ledger.isDry) return
    const name = nameOf(row)
    try {
      await parts.stores().webhooks.create({
        name, queue, workflow: idOf(workflow), enabled: false, ...provenBy(config, parts.canSeal),
        methods: strings(config.allowed_methods) ?? ['POST'],
        requiredHeaders: requirements(config.required_headers),
        requiredQuery: requirements(config.required_query_params),
        rate: rateOf(config.rate_limit),
      })
    } catch (error) {
      if (error instanceof WebhookNameTaken) return
      if (!HoldfastError.isInstance(error) || error.retryable) throw error
      const reason = `no webhook could be made of it: ${error.message}`
      return ledger.damaged({ kind: 'webhook_triggers', place: row.place, reason }, true)
    }
    ledger.detail('webhooks', { name, workflow_id: workflow, enabled: false })
  }
}

/** A schedule or webhook by the workflow it belongs to. */
const nameOf = (row: SourceRow): string => `orcheo-${idOf(row.needed('workflow_id'))}`

/** How callers prove who they are. One that nothing proves stays switched off all the more. */
function provenBy(config: Record<string, unknown>, canSeal: boolean) {
  const { hmac_header: hmac, hmac_secret: key, hmac_algorithm: algorithm } = config
  const { shared_secret_header: header, shared_secret: secret } = config
  if (canSeal && typeof hmac === 'string' && typeof key === 'string') {
    const timestamp = config.hmac_timestamp_header
    return {
      secret: key,
      authentication: {
        kind: 'hmac', header: hmac.toLowerCase(), algorithm: algorithm ?? 'sha256', encoding: 'hex',
        ...(typeof timestamp === 'string' ? { timestampHeader: timestamp.toLowerCase() } : {}),
      } as never,
    }
  }
  if (canSeal && typeof header === 'string' && typeof secret === 'string' && secret.length >= 8) {
    const authentication = { kind: 'shared_secret', header: header.toLowerCase() } as never
    return { secret, authentication }
  }
  return { authentication: { kind: 'none' } as const }
}

const strings = (value: unknown): string[] | undefined =>
  (Array.isArray(value) && value.length > 0 ? value.map(String) : undefined)

function requirements(value: unknown): Record<string, string | null> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, each]) =>
    [name.toLowerCase(), typeof each === 'string' && each !== '' ? each : null]))
}

function rateOf(value: unknown) {
  if (!isObject(value)) return null
  const { limit, interval_seconds: windowSeconds } = value
  return typeof limit === 'number' && typeof windowSeconds === 'number'
    ? { limit, windowSeconds } : null
}
