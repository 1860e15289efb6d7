import { type Migration } from '../migrate.js'

const additions = {
  users: [
    'username {text}',
    'username_key {text}',
    `preferences {json} not null default '{}'`,
    'revision {integer} not null default 1',
  ],
  login_sessions: [
    `last_active_at {instant} not null default '2000-01-01T00:00:00.000000Z'`,
  ],
} as const

/** User names, preferences, activity of sessions; attempts to log in. */
export const users: Migration = {
  name: '0009_users',
  async up(schema) {
    for (const [table, columns] of Object.entries(additions)) {
      for (const column of columns) {
        await schema.execute(`alter table ${table} add column ${column}`)
      }
    }
    await schema.execute('update login_sessions set last_active_at = created_at')
    await schema.execute('create unique index users_username on users (username_key)')
    await schema.execute('create index login_sessions_expiry on login_sessions (expires_at)')
    await schema.createTable('login_attempts', `
      key {text} not null primary key,
      free_at_ms {integer} not null,
      known_until_ms {integer} not null`)
    await schema.execute('create index login_attempts_free on login_attempts (free_at_ms)')
  },
  async down(schema) {
    await schema.execute('drop table login_attempts')
    await schema.execute('drop index login_sessions_expiry')
    await schema.execute('drop index users_username')
    for (const [table, columns] of Object.entries(additions)) {
      for (const column of columns) {
        await schema.execute(`alter table ${table} drop column ${column.split(' ')[0]}`)
      }
    }
  },
}
