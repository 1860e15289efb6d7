import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { InvalidInput } from '../errors.js'

/** The logins of a database server: one owns the tables and migrates, the other serves. */
export interface RoleNames {
  readonly owner: string
  readonly server: string
}

/** Names used unless others are given. */
export const defaultRoles: RoleNames = { owner: 'holdfast_owner', server: 'holdfast_server' }

const namePattern = /^[a-z_][a-z0-9_]{0,62}$/

/** Throws InvalidInput for a name that would have to be quoted everywhere. */
export function checkRoleName(name: string, field: string): string {
  if (namePattern.test(name) && !name.startsWith('pg_')) return name
  const rule = 'must be 1 to 63 lower-case letters, digits and _, not beginning with a digit or pg_'
  throw new InvalidInput(`${field} ${rule}`, { field })
}

/** Throws InvalidInput for a password that logins could take for another. */
export function checkRolePassword(password: string, field: string): string {
  if (/^[\x21-\x7e]{16,128}$/.test(password)) return password
  const rule = 'must be 16 to 128 ASCII characters without spaces'
  throw new InvalidInput(`${field} ${rule}`, { field })
}

/** A password that nobody guesses. */
export const newRolePassword = (): string => randomBytes(24).toString('base64url')

/**
 * Makes a login, or takes away from one whatever it should not have. Without a password it keeps
 * the one it has. The server is told a verifier only, so that no log of it holds the password.
 */
export function roleStatements(name: string, password?: string): readonly string[] {
  const secret = password === undefined ? '' : ` password '${verifierOf(password)}'`
  return [
    `do $$ begin
       create role ${name};
     exception when duplicate_object or unique_violation then null; end $$`,
    `alter role ${name} with login nosuperuser nobypassrls nocreatedb nocreaterole noreplication` +
      secret,
  ]
}

/** A statement on the schema in which tables are made, `%I`: the first of the search path. */
const inSchema = (statement: string): string => `do $$ begin
  if current_schema() is null then
    raise exception 'no schema has been selected' using errcode = '3F000';
  end if;
  execute format('${statement}', current_schema());
end $$`

/** Gives the database and the tables in it to their owner, whoever made them. */
export function ownerStatements(
  owner: string,
  { database, tables }: { readonly database: string; readonly tables: readonly string[] },
): readonly string[] {
  const names = ['holdfast_migrations', 'message_words', ...tables]
    .map((name) => `'${name}'`).join(', ')
  return [
    `do $$ begin
       if not (select rolsuper from pg_roles where rolname = current_user) then
         execute 'grant ${owner} to current_user';
       end if;
     end $$`,
    inSchema(`grant usage, create on schema %I to ${owner}`),
    `alter database "${database.replaceAll('"', '""')}" owner to ${owner}`,
    `do $$ declare name text; begin
       for name in select relname from pg_class
         where relnamespace = to_regnamespace(quote_ident(current_schema()))
           and relkind in ('r', 'p', 'v') and relname in (${names})
           and pg_get_userbyid(relowner) <> '${owner}'
       loop execute format('alter table %I owner to ${owner}', name); end loop;
     end $$`,
  ]
}

/** What the serving login may do: read and change rows, nothing else. Run where the tables are. */
export function grantStatements({ owner, server }: RoleNames): readonly string[] {
  const dml = 'select, insert, update, delete'
  const mine = `alter default privileges for role ${owner} in schema %I grant`
  return [
    inSchema('revoke create on schema %I from public'),
    inSchema(`grant usage on schema %I to ${server}`),
    inSchema(`revoke create on schema %I from ${server}`),
    inSchema(`grant ${dml} on all tables in schema %I to ${server}`),
    inSchema(`grant usage, select on all sequences in schema %I to ${server}`),
    inSchema(`${mine} ${dml} on tables to ${server}`),
    inSchema(`${mine} usage, select on sequences to ${server}`),
    `do $$ begin
       revoke insert, update, delete on holdfast_migrations from ${server};
     exception when undefined_table then null; end $$`,
  ]
}

const rounds = 4_096

/** SCRAM-SHA-256 as RFC 5802 derives it and PostgreSQL stores it. */
export function verifierOf(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  const keys = `${stored}:${keyOf('Server Key').toString('base64')}`
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${keys}`
}
