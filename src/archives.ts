import { migrations } from './database/migrations/index.js'
import { type Holdfast } from './holdfast.js'
import { Archives } from './lifecycle/archive/index.js'
import { type Actor } from './scope.js'
import { tables } from './tables.js'

/** Archives of what is kept, in the name of an actor. */
export function archivesOf(holdfast: Holdfast, actor: Actor): Archives {
  return new Archives({
    clock: holdfast.clock,
    database: holdfast.database.as(),
    tables,
    schema: migrations.at(-1)!.name,
    conversations: (organizationId) => holdfast.organization(organizationId, actor).conversations,
  })
}
