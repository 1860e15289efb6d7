import { type Command } from 'commander'
import { UserNotFound } from '../identity/index.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { rateFrom } from './rate.js'
import { type Terminal } from './terminal.js'

interface OrganizationOptions extends DatabaseOptions {
  readonly name: string
  readonly slug?: string
  readonly ownerEmail?: string
}

interface ChangeOptions extends DatabaseOptions {
  readonly name?: string
  readonly slug?: string
  readonly rateLimit?: string
}

/** Adds `org create`, `org list` and `org update`. */
export function addOrganization(program: Command, terminal: Terminal): void {
  const organization = program.command('org').description('manage organizations')
  withDatabase(organization.command('create'))
    .description('create an organization')
    .requiredOption('--name <name>', 'its name, for people')
    .option('--slug <slug>', 'its short name in commands and headers (default: from the name)')
    .option('--owner-email <address>', 'an existing user who becomes its owner')
    .action((options: OrganizationOptions) => createOrganization(options, terminal))
  withDatabase(organization.command('list'))
    .description('list all organizations, newest first')
    .action((options: DatabaseOptions) => listOrganizations(options, terminal))
  withDatabase(organization.command('update <organization>'))
    .description('change an organization, by id or slug')
    .option('--name <name>', 'its name, for people')
    .option('--slug <slug>', 'its short name in commands and headers')
    .option('--rate-limit <calls/seconds>', 'how often all its callers may call; none for no limit')
    .action((name: string, options: ChangeOptions) => updateOrganization(name, options, terminal))
}

async function listOrganizations(options: DatabaseOptions, terminal: Terminal): Promise<void> {
  const { settings } = configured(options, terminal)
  await withHoldfast(settings, terminal, async ({ identity }) => {
    let cursor: string | undefined
    do {
      const page = await identity.listOrganizations({ limit: 200, cursor })
      for (const { id, slug, name, createdAt } of page.data) {
        terminal.print(options.json === true
          ? JSON.stringify({ id, slug, name, created_at: createdAt })
          : `${id}  ${slug}  ${name}`)
      }
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  })
}

async function updateOrganization(
  wanted: string,
  { name, slug, ...options }: ChangeOptions,
  terminal: Terminal,
): Promise<void> {
  const rate = rateFrom(options.rateLimit)
  const { settings } = configured(options, terminal)
  const changed = await withHoldfast(settings, terminal, async (holdfast) => {
    const { organizations, organizationRates } = holdfast
    const { id } = await organizations.get(wanted)
    if ((name ?? slug) !== undefined) await organizations.update(id, { name, slug })
    if (rate !== undefined) await organizationRates.set(id, rate)
    return organizations.get(id)
  })
  if (options.json === true) {
    const { id, rateLimit, rateWindowSeconds } = changed
    const result = {
      id, slug: changed.slug, name: changed.name, rate_limit: rateLimit,
      rate_window_seconds: rateWindowSeconds,
    }
    return terminal.print(JSON.stringify(result))
  }
  terminal.print(`changed the organization ${changed.name}: ${changed.slug} (${changed.id})`)
}

async function createOrganization(
  options: OrganizationOptions,
  terminal: Terminal,
): Promise<void> {
  const { settings } = configured(options, terminal)
  const { name, slug, ownerEmail } = options
  const opening = { ...settings, makesSchema: true }
  const created = await withHoldfast(opening, terminal, async ({ identity, organizations }) => {
    const owner = ownerEmail === undefined
      ? undefined
      : await identity.findUserByEmail(ownerEmail)
    if (ownerEmail !== undefined && owner === undefined) {
      const remedy = `Create one: holdfast user create --email ${ownerEmail}`
      throw new UserNotFound(`There is no user ${ownerEmail}. ${remedy}`)
    }
    return organizations.create({ name, ...(slug === undefined ? {} : { slug }) }, owner?.id)
  })
  if (options.json === true) {
    const result = { id: created.id, slug: created.slug, name: created.name }
    return terminal.print(JSON.stringify(result))
  }
  terminal.print(`created the organization ${created.name}: ${created.slug} (${created.id})`)
}
