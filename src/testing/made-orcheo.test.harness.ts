import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteDriver } from '../database/dialects/sqlite-driver.js'

/** Tables of Orcheo with their columns, as much as imports look at. */
const ddl = {
  workflows: `create table workflows (id text primary key, handle text,
    is_archived integer not null default 0, payload text not null, created_at text,
    updated_at text)`,
  olderWorkflows: `create table workflows (id text primary key, payload text not null,
    created_at text, updated_at text)`,
  workflow_versions: `create table workflow_versions (id text primary key, workflow_id text,
    version integer, payload text, created_at text, updated_at text)`,
  workflow_runs: `create table workflow_runs (id text primary key, workflow_id text,
    workflow_version_id text, status text, triggered_by text, payload text, created_at text,
    updated_at text)`,
  execution_history: `create table execution_history (execution_id text primary key,
    workflow_id text, inputs text, runnable_config text, tags text, callbacks text, metadata text,
    run_name text, status text, started_at text, completed_at text, error text, trace_id text,
    trace_started_at text, trace_completed_at text, trace_last_span_at text)`,
  execution_history_steps: `create table execution_history_steps (execution_id text,
    step_index integer, at text, payload text, primary key (execution_id, step_index))`,
  agentensor_checkpoints: `create table agentensor_checkpoints (id text primary key,
    workflow_id text, config_version integer, runnable_config text, metrics text, metadata text,
    artifact_url text, is_best integer, created_at text)`,
  webhook_triggers: 'create table webhook_triggers (workflow_id text primary key, config text)',
  cron_triggers: `create table cron_triggers (workflow_id text primary key, config text,
    last_dispatched_at text)`,
  chat_threads: `create table chat_threads (id text primary key, title text, workflow_id text,
    status_json text, metadata_json text, created_at text, updated_at text)`,
  chat_messages: `create table chat_messages (id text primary key, thread_id text,
    ordinal integer, item_type text, item_json text, created_at text)`,
  chat_attachments: `create table chat_attachments (id text primary key, thread_id text,
    attachment_type text, name text, mime_type text, details_json text, storage_path text,
    created_at text)`,
  service_tokens: `create table service_tokens (identifier text primary key, secret_hash text,
    scopes text, workspace_ids text, created_at text, created_by text, issued_at text,
    expires_at text, last_used_at text, use_count integer, rotation_expires_at text,
    rotated_to text, rotated_from text, revoked_at text, revoked_by text, revocation_reason text,
    allowed_ip_ranges text, rate_limit_override integer)`,
  service_token_audit_log: `create table service_token_audit_log (id integer primary key,
    token_id text, action text, actor text, ip_address text, user_agent text, timestamp text,
    details text)`,
  credentials: `create table credentials (id text primary key, workflow_id text, name text,
    provider text, created_at text, updated_at text, payload text)`,
} as const

type TableName = Exclude<keyof typeof ddl, 'olderWorkflows'>

/** A row: columns that are left out are null. */
export type MadeRow = Readonly<Record<string, string | number | Uint8Array | null>>

/** What a made installation holds. */
export interface MadeOrcheo {
  readonly rows?: Partial<Record<TableName, readonly MadeRow[]>>
  /** Without the columns that came after December 2025. */
  readonly older?: boolean
  /** Further statements on the file of workflows. */
  readonly further?: readonly string[]
}

const files: Readonly<Record<string, readonly TableName[]>> = {
  'workflows.sqlite': [
    'workflows', 'workflow_versions', 'workflow_runs', 'execution_history',
    'execution_history_steps', 'agentensor_checkpoints', 'webhook_triggers', 'cron_triggers',
  ],
  'chatkit.sqlite': ['chat_threads', 'chat_messages', 'chat_attachments'],
  'service_tokens.sqlite': ['service_tokens', 'service_token_audit_log'],
  'vault.sqlite': ['credentials'],
}

/** Writes the files of an installation into a new folder. */
export function makeOrcheo({ rows = {}, older = false, further = [] }: MadeOrcheo) {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-orcheo-'))
  const { DatabaseSync } = sqliteDriver()
  for (const [file, names] of Object.entries(files)) {
    const database = new DatabaseSync(join(path, file), {})
    for (const name of names) {
      database.exec(name === 'workflows' && older ? ddl.olderWorkflows : ddl[name])
    }
    if (file === 'workflows.sqlite') for (const statement of further) database.exec(statement)
    for (const name of names) {
      for (const row of rows[name] ?? []) {
        const columns = Object.keys(row)
        database.prepare(`insert into ${name} (${columns.join(', ')})
          values (${columns.map(() => '?').join(', ')})`).run(...Object.values(row))
      }
    }
    database.close()
  }
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

const at = '2025-12-19T10:11:12.345678+00:00'
const stamps = { created_at: at, updated_at: at }

/** Ids in a made installation. */
export const madeIds = {
  workflow: '00000000-0000-4000-8000-000000000001',
  version: '00000000-0000-4000-8000-000000000011',
  run: '00000000-0000-4000-8000-000000000021',
  checkpoint: '00000000-0000-4000-8000-000000000031',
  other: '00000000-0000-4000-8000-000000000032',
} as const

/** A secret of a service token, as Orcheo makes them: 43 characters. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** Numbers that no JavaScript number is, and a text that no column takes as it is. */
export const nastyJson =
  '{"big": 9007199254740993, "one": 1.0, "tiny": 1e-07, "nul": "a\\u0000b", "half": "\\ud800"}'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** One of everything, whole; with a service token of this secret. */
export function wholeOrcheo(secret = newSecret()): Required<Pick<MadeOrcheo, 'rows'>> {
  const { workflow, version, run } = madeIds
  return {
    rows: {
      workflows: [{
        id: workflow, handle: 'daily', is_archived: 0, ...stamps,
        payload: `{"id": "${workflow}", "name": "Daily ☕", "handle": "daily", "tags": ["a"],
          "is_archived": false, "slug": "wf-0", "audit_log": [{"actor": "alice"}]}`,
      }],
      workflow_versions: [{
        id: version, workflow_id: workflow, version: 1, ...stamps,
        payload: `{"id": "${version}", "graph": ${nastyJson}, "metadata": ${nastyJson},
          "runnable_config": null, "created_by": "cli", "notes": null}`,
      }],
      workflow_runs: [{
        id: run, workflow_id: workflow, workflow_version_id: version, status: 'failed',
        triggered_by: 'cron', created_at: '2025-12-19T15:41:12+05:30', updated_at: at,
        payload: `{"id": "${run}", "input_payload": ${nastyJson}, "output_payload": null,
          "tags": ["t"], "metadata": {"ticket": 1}, "runnable_config": {}, "error": "",
          "started_at": "2025-12-19T10:11:13Z", "completed_at": "2025-12-19T10:11:14.5Z"}`,
      }],
      execution_history: [{
        execution_id: run, workflow_id: workflow, inputs: nastyJson, runnable_config: '{}',
        tags: '["t"]', callbacks: '[]', metadata: '{"ticket": 1}', status: 'error', started_at: at,
        error: '', trace_id: 'fea2b642309c7552bed84adb12eb2770',
      }],
      execution_history_steps: [
        { execution_id: run, step_index: 0, at, payload: `{"node_0": ${nastyJson}}` },
        { execution_id: run, step_index: 1, at, payload: '{"status": "error", "error": "boom"}' },
      ],
      agentensor_checkpoints: [madeIds.checkpoint, madeIds.other].map((id) => ({
        id, workflow_id: workflow, config_version: 3, runnable_config: '{"t": 1.0}',
        metrics: '{"loss": 0.5, "big": 9007199254740993}', metadata: '{}', is_best: 0,
        created_at: at,
      })),
      webhook_triggers: [{
        workflow_id: workflow,
        config: `{"allowed_methods": ["POST"], "required_headers": {}, "rate_limit": null,
          "required_query_params": {}, "shared_secret_header": "X-Key",
          "shared_secret": "plain-shared-secret"}`,
      }],
      cron_triggers: [{
        workflow_id: workflow, last_dispatched_at: '2025-12-19T12:00:00+02:00',
        config: `{"expression": "*/5 * * * *", "timezone": "Europe/Amsterdam",
          "start_at": "2025-12-01T09:00:00+01:00", "end_at": "2999-12-31T23:00:00.5Z"}`,
      }],
      ...madeChats(), ...madeTokens(secret),
    },
  }
}

function madeChats() {
  const item = (index: number) => `{"id":"msg_${index}","thread_id":"thr_1",
    "created_at":"2025-12-01T08:00:0${index}","type":"assistant_message","content":[${nastyJson}]}`
  return {
    chat_threads: [{
      id: 'thr_1', title: 'Olá 🌍', workflow_id: madeIds.workflow, ...stamps,
      status_json: '{"type":"locked","reason":"🔒"}', metadata_json: '{"a":[1,2.0,null]}',
    }, { id: 'thr_2', status_json: '{"type":"active"}', metadata_json: '{}', ...stamps }],
    // Two of one ordinal, in the order of their ids.
    chat_messages: [[2, 5], [1, 5], [0, 0]].map(([index, ordinal]) => ({
      id: `msg_${index}`, thread_id: 'thr_1', ordinal: ordinal!, item_json: item(index!),
      item_type: 'assistant_message', created_at: `2025-12-01T08:00:0${index}+00:00`,
    })),
    chat_attachments: [{
      id: 'atc_1', thread_id: 'thr_1', attachment_type: 'file', name: 'a.pdf',
      mime_type: 'application/pdf', created_at: at, storage_path: '/etc/passwd',
      details_json: '{"id":"atc_1","name":"a.pdf","type":"file","thread_id":null}',
    }],
  }
}

function madeTokens(secret: string): Record<string, MadeRow[]> {
  return {
    service_tokens: [
      { identifier: 'ci', secret_hash: sha256(secret), scopes: '["workflows:read","vault:é"]',
        created_at: at, use_count: null },
      { identifier: 'gone', secret_hash: sha256(`${secret}-gone`), created_at: at,
        revoked_at: at, revocation_reason: 'leaked' },
      { identifier: 'over', secret_hash: sha256(`${secret}-over`), created_at: at,
        expires_at: '2025-12-10T02:00:00+14:00' },
    ],
    service_token_audit_log: [{
      id: 7, token_id: 'ci', action: 'used', actor: 'alice', ip_address: '2001:db8::1',
      timestamp: at, details: '{"n": 1}',
    }],
  }
}
