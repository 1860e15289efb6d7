import type pg from 'pg'
import { InvalidConfiguration } from '../../errors.js'

/** How a new connection is made ready. */
export interface SessionOptions {
  /** True behind a pooler, which carries only some settings from connection to connection. */
  readonly throughPooler: boolean
  readonly timeoutMs: number
}

/** What poolers do carry. Instants are read in this form alone. */
const carried = `set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false)`

/**
 * Whatever the server, the database or the role was told: values come back to the last bit, single
 * statements see what was committed, and an acknowledged commit is on disk.
 */
const settings = `select ${carried},
  set_config('bytea_output', 'hex', false), set_config('extra_float_digits', '1', false),
  set_config('array_nulls', 'on', false),
  set_config('default_transaction_isolation', 'read committed', false),
  set_config('holdfast.reach', '', false),
  set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'),
    false)`

const settingsThroughPooler = `select ${carried}, concat_ws(', ',
  case when current_setting('bytea_output') <> 'hex' then 'bytea_output = hex' end,
  case when current_setting('extra_float_digits')::int < 1 then 'extra_float_digits = 1' end,
  case when current_setting('array_nulls') = 'off' then 'array_nulls = on' end,
  case when current_setting('default_transaction_isolation') <> 'read committed'
    then 'default_transaction_isolation = ''read committed''' end,
  case when current_setting('synchronous_commit') = 'off' then 'synchronous_commit = on' end
) as wanted`

/**
 * Sets what every connection needs. Behind a pooler the rest must be so already: throws
 * InvalidConfiguration, naming the settings, rather than store or read a value changed.
 */
export async function greet(client: pg.ClientBase, options: SessionOptions): Promise<void> {
  const text = options.throughPooler ? settingsThroughPooler : settings
  const query = { text, query_timeout: options.timeoutMs }
  const { rows } = await client.query<{ wanted?: string }>(query)
  const wanted = rows[0]?.wanted ?? ''
  if (wanted === '') return
  const message = `Behind a pooler the database itself must have these settings: ${wanted}; ` +
    'run: alter database … set … for each.'
  throw new InvalidConfiguration(message)
}
