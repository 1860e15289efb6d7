import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { InvalidArchive } from './errors.js'
import { type TarPlace, tarPlaces } from './tar-places.js'

/** An archive that lies there to be read. */
export interface ArchiveSource {
  readonly path: string
  /** The bytes of one of its files; undefined where there is none of that name. */
  open(name: string): Readable | undefined
}

/** The archive at a path: a directory, or one file in the tar format. Throws InvalidArchive. */
export async function sourceAt(path: string): Promise<ArchiveSource> {
  if (!existsSync(path)) throw new InvalidArchive(`there is nothing at ${path}`)
  if (!statSync(path).isDirectory()) return tarSource(path, await tarPlaces(path))
  return {
    path,
    open: (name) => {
      const file = join(path, name)
      return existsSync(file) ? createReadStream(file) : undefined
    },
  }
}

const tarSource = (path: string, places: ReadonlyMap<string, TarPlace>): ArchiveSource => ({
  path,
  open: (name) => {
    const place = places.get(name)
    if (place === undefined) return undefined
    const { start, size } = place
    // A stream cannot be asked for no bytes at all.
    if (size === 0) return Readable.from([])
    return createReadStream(path, { start, end: start + size - 1 })
  },
})
