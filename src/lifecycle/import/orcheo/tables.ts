/** What is known of a table of Orcheo: the columns that are read, and the order of its rows. */
export interface KnownTable {
  readonly columns: readonly string[]
  readonly order: readonly string[]
  /** Columns whose text is JSON. */
  readonly json?: readonly string[]
  /** Columns that came later: a file without them is an older one, not a broken one. */
  readonly late?: readonly string[]
}

const stamps = ['created_at', 'updated_at']

/** The tables by name, in the order in which they are imported. */
export const knownTables: Readonly<Record<string, KnownTable>> = {
  workflows: {
    columns: ['id', 'handle', 'is_archived', 'payload', ...stamps],
    order: ['id'], json: ['payload'], late: ['handle', 'is_archived'],
  },
  workflow_versions: {
    columns: ['id', 'workflow_id', 'version', 'payload', ...stamps],
    order: ['workflow_id', 'version'], json: ['payload'],
  },
  workflow_runs: {
    columns: [
      'id', 'workflow_id', 'workflow_version_id', 'status', 'triggered_by', 'payload', ...stamps,
    ],
    order: ['workflow_id', 'created_at'], json: ['payload'],
  },
  execution_history: {
    columns: [
      'execution_id', 'workflow_id', 'inputs', 'runnable_config', 'tags', 'callbacks', 'metadata',
      'run_name', 'status', 'started_at', 'completed_at', 'error', 'trace_id', 'trace_started_at',
      'trace_completed_at', 'trace_last_span_at',
    ],
    order: ['execution_id'],
    json: ['inputs', 'runnable_config', 'tags', 'callbacks', 'metadata'],
    late: [
      'runnable_config', 'tags', 'callbacks', 'metadata', 'run_name', 'trace_id',
      'trace_started_at', 'trace_completed_at', 'trace_last_span_at',
    ],
  },
  execution_history_steps: {
    columns: ['execution_id', 'step_index', 'at', 'payload'],
    order: ['execution_id', 'step_index'], json: ['payload'],
  },
  agentensor_checkpoints: {
    columns: [
      'id', 'workflow_id', 'config_version', 'runnable_config', 'metrics', 'metadata',
      'artifact_url', 'is_best', 'created_at',
    ],
    order: ['workflow_id', 'config_version', 'id'],
    json: ['runnable_config', 'metrics', 'metadata'],
  },
  webhook_triggers: {
    columns: ['workflow_id', 'config'], order: ['workflow_id'], json: ['config'],
  },
  cron_triggers: {
    columns: ['workflow_id', 'config', 'last_dispatched_at'],
    order: ['workflow_id'], json: ['config'], late: ['last_dispatched_at'],
  },
  retry_policies: { columns: ['workflow_id', 'config'], order: ['workflow_id'], json: ['config'] },
  chat_threads: {
    columns: ['id', 'title', 'workflow_id', 'status_json', 'metadata_json', ...stamps],
    order: ['id'], json: ['status_json', 'metadata_json'],
  },
  chat_messages: {
    columns: ['id', 'thread_id', 'ordinal', 'item_type', 'item_json', 'created_at'],
    order: ['thread_id', 'ordinal', 'id'], json: ['item_json'], late: ['thread_id', 'item_type'],
  },
  chat_attachments: {
    columns: [
      'id', 'thread_id', 'attachment_type', 'name', 'mime_type', 'details_json', 'storage_path',
      'created_at',
    ],
    order: ['id'], json: ['details_json'],
  },
  service_tokens: {
    columns: [
      'identifier', 'secret_hash', 'scopes', 'workspace_ids', 'created_at', 'created_by',
      'issued_at', 'expires_at', 'last_used_at', 'use_count', 'rotation_expires_at', 'rotated_to',
      'rotated_from', 'revoked_at', 'revoked_by', 'revocation_reason', 'allowed_ip_ranges',
      'rate_limit_override',
    ],
    order: ['identifier'], json: ['scopes', 'workspace_ids', 'allowed_ip_ranges'],
    late: ['allowed_ip_ranges', 'rate_limit_override'],
  },
  service_token_audit_log: {
    columns: [
      'id', 'token_id', 'action', 'actor', 'ip_address', 'user_agent', 'timestamp', 'details',
    ],
    order: ['id'], json: ['details'],
  },
  credentials: {
    columns: ['id', 'workflow_id', 'name', 'provider', ...stamps, 'payload'],
    order: ['id'], json: ['payload'],
  },
}

/** The columns that name a row of a table. */
export const keyOfTable = ({ columns, order }: KnownTable): readonly string[] =>
  (columns.includes('id') ? ['id'] : order)

/** Tables that Holdfast has no counterpart for: their rows are kept as items. */
export const keptTables: Readonly<Record<string, readonly string[]>> = {
  listener_subscriptions: ['id'],
  listener_cursors: ['subscription_id'],
  listener_dedupe: ['subscription_id', 'dedupe_key'],
  workflow_run_remediations: ['id'],
  credential_templates: ['id'],
  governance_alerts: ['id'],
}
