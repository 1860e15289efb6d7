import { type Statement, type Walls } from '../engine.js'

const query = (sql: string): Statement => ({ sql, parameters: [], readOnly: true, reach: null })

/** Columns of every table. */
export const introspection = query(`
select c.relname as "table", a.attname as "column",
  format_type(a.atttypid, a.atttypmod)
    || case when a.attcollation <> t.typcollation and a.attcollation <> 0
         then ' collate ' || quote_ident(l.collname) else '' end as "type",
  not a.attnotnull as "nullable",
  coalesce((
    select k.place from pg_index i, unnest(i.indkey) with ordinality as k(attnum, place)
    where i.indrelid = c.oid and i.indisprimary and k.attnum = a.attnum), 0) as key_place
from pg_attribute a
join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
join pg_type t on t.oid = a.atttypid
left join pg_collation l on l.oid = a.attcollation
where c.relnamespace = current_schema()::regnamespace and a.attnum > 0 and not a.attisdropped
order by c.relname collate "C", a.attnum`)

/** Everything else of the schema. */
export const definitions = query(`
select definition collate "C" as definition from (
  select 'index ' || indexdef as definition from pg_indexes where schemaname = current_schema()
  union all
  select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  from pg_constraint
  where connamespace = current_schema()::regnamespace and conrelid <> 0
  union all
  select 'default ' || adrelid::regclass || ' ' || attname || ' ' || pg_get_expr(adbin, adrelid)
  from pg_attrdef d join pg_class c on c.oid = d.adrelid
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where c.relnamespace = current_schema()::regnamespace
  union all
  select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = current_schema()::regnamespace and not t.tgisinternal
  union all
  select 'policy ' || p.polrelid::regclass || ' ' || p.polname || ' '
    || pg_get_expr(p.polqual, p.polrelid) || ' ' || pg_get_expr(p.polwithcheck, p.polrelid)
    || case when c.relforcerowsecurity then ' forced' else '' end
  from pg_policy p join pg_class c on c.oid = p.polrelid
  where c.relnamespace = current_schema()::regnamespace
  union all
  select 'view ' || viewname || ' ' || definition from pg_views where schemaname = current_schema()
) as found order by 1`)

/** Indexes of words on tables: a vacuum leaves each word in them that no row has any more. */
export const wordIndexes = (tables: readonly string[]): Statement => ({
  ...query(`
    select i.indexrelid::regclass as name from pg_index i
    join pg_class c on c.oid = i.indrelid
    where c.relnamespace = current_schema()::regnamespace and c.relname = any($1) and exists (
      select from pg_opclass o where o.oid = any(i.indclass) and o.opcname = 'tsvector_ops'
        and o.opcmethod = (select oid from pg_am where amname = 'gin'))`),
  parameters: [tables],
})

/** Tables with rows of organizations, and the column that holds their ids. */
export const organizationTables = `
select c.relname as name,
  case when c.relname = 'organizations' then 'id' else 'organization_id' end as key
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  and (c.relname = 'organizations' or exists (
    select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id'
      and a.attnum > 0 and not a.attisdropped))
order by c.relname collate "C"`

/** Roles count that this login is a member of: it may become them at any time. */
export const walls = query(`
with reachable as (
  select r.oid, r.rolsuper, r.rolbypassrls from pg_roles r
  where pg_has_role(current_user, r.oid, 'member')
), held as (
  select t.name, c.relowner, c.relrowsecurity and exists (
    select from pg_policy p where p.polrelid = c.oid and (p.polname = 'organizations_in_reach'
      and c.relforcerowsecurity or p.polname = 'organizations_in_reach_by_view')
  ) as walled
  from (${organizationTables}) t
  join pg_class c on c.relnamespace = current_schema()::regnamespace and c.relname = t.name
)
select current_user as role,
  case when bool_or(rolsuper) then 'superuser'
    when bool_or(rolbypassrls) then 'BYPASSRLS'
    when bool_or(oid in (select relowner from held)) then 'table owner' end as unbound,
  (select coalesce(string_agg(name, ',' order by name), '') from held where not walled) as open
from reachable`)

/** The answer to `walls`. */
export function wallsOf({ role, unbound, open }: Record<string, unknown>): Walls {
  const names = String(open)
  return {
    role: String(role),
    unbound: (unbound ?? undefined) as Walls['unbound'],
    open: names === '' ? [] : names.split(','),
  }
}
