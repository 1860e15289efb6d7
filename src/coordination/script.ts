import { createHash } from 'node:crypto'

/** A Lua script, known to Redis by its digest. */
export class Script {
  readonly lua: string
  readonly digest: string

  constructor(lua: string) {
    this.lua = lua
    this.digest = createHash('sha1').update(lua).digest('hex')
  }
}

/** Runs scripts, each atomic, on whatever Redis stands behind. */
export interface ScriptRunner {
  /**
   * What `script` returns. The connection's prefix is put before every key; the keys of one call
   * share a hash tag (`{…}`), so that a Cluster has them on one node. Answers within the deadline,
   * or throws CoordinationUnavailable: then the script may have run, and is never sent again.
   */
  run<R>(
    script: Script,
    keys: readonly string[],
    args?: readonly (string | number)[],
  ): Promise<R>
}

/** A runner that knows with what it speaks. */
export interface LivingRunner extends ScriptRunner {
  /**
   * The life of the server that has a key at this moment: another one, even of the same server,
   * may have forgotten or brought back anything. '' while none is known.
   */
  lifeOf(key: string): string
}
