import { migrations } from './database/migrations/index.js'
import { type Holdfast } from './holdfast.js'
import {
  type ArchiveManifest, Archives, sourceAt, verifiedManifest,
} from './lifecycle/archive/index.js'
import { type Actor } from './scope.js'
import { tables } from './tables.js'

const schema = migrations.at(-1)!.name

/** Holds an archive to its manifest, without any database. Throws InvalidArchive. */
export const verifiedArchive = async (path: string): Promise<ArchiveManifest> =>
  verifiedManifest(await sourceAt(path), schema)

/** Archives of what is kept, in the name of an actor. */
export function archivesOf(holdfast: Holdfast, actor: Actor): Archives {
  const { roots } = holdfast.secretWorks
  return new Archives({
    clock: holdfast.clock,
    database: holdfast.database.as(),
    tables,
    schema,
    rootKeys: roots.isGiven ? roots.provider : undefined,
    conversations: (organizationId) => holdfast.organization(organizationId, actor).conversations,
  })
}
