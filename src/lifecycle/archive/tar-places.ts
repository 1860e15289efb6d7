import { type FileHandle, open } from 'node:fs/promises'
import { type Header } from 'tar'
import { InvalidArchive } from './errors.js'
import { manifestName } from './names.js'

/** Where the bytes of a file stand in the tar. */
export interface TarPlace {
  readonly start: number
  readonly size: number
}

/** Bytes of a block, of which everything in a tar is a multiple. */
export const blockSize = 512

/** An extended header says the names and sizes of one file: a few lines. */
const extendedMax = 65_536

/**
 * Where each file of an archive stands in a tar (POSIX.1-2017, pax, ustar and GNU forms), by its
 * name. Whoever packs a directory by himself may pack it with its own name or without. Reads the
 * headers alone. Throws InvalidArchive.
 */
export async function tarPlaces(path: string): Promise<Map<string, TarPlace>> {
  const handle = await open(path, 'r')
  try {
    const all = await entriesIn(handle, path)
    const manifests = [...all.keys()].filter((name) => name.split('/').at(-1) === manifestName)
    if (manifests.length !== 1) {
      const what = manifests.length === 0 ? 'no' : 'more than one'
      throw new InvalidArchive(`there is ${what} ${manifestName} in ${path}` +
        (manifests.length === 0 ? ': it is cut off, or no archive' : ''))
    }
    const folder = manifests[0]!.slice(0, -manifestName.length)
    return new Map([...all].filter(([name]) => name.startsWith(folder))
      .map(([name, place]) => [name.slice(folder.length), place]))
  } finally {
    await handle.close()
  }
}

async function entriesIn(handle: FileHandle, path: string): Promise<Map<string, TarPlace>> {
  const { Header, Pax } = await import('tar')
  const { size: end } = await handle.stat()
  const places = new Map<string, TarPlace>()
  let extended: InstanceType<typeof Pax> | undefined
  for (let at = 0; at + blockSize <= end;) {
    const block = await bytesAt(handle, at, blockSize)
    const header = headerAt({ path, at }, () => new Header(block, 0, extended))
    if (header.nullBlock) break
    const place = { start: at + blockSize, size: header.size ?? 0 }
    if (place.start + place.size > end) throw new InvalidArchive(`${path} is cut off`)
    if (header.type === 'ExtendedHeader' && place.size <= extendedMax) {
      const text = await bytesAt(handle, place.start, place.size)
      extended = Pax.parse(text.toString('utf8'))
    } else {
      extended = undefined
      take(places, header, place)
    }
    at = place.start + Math.ceil(place.size / blockSize) * blockSize
  }
  return places
}

function take(places: Map<string, TarPlace>, { type, path }: Header, place: TarPlace): void {
  if (type !== 'File' && type !== 'OldFile') return
  const name = path!.replace(/^(\.\/)+/, '')
  if (places.has(name)) throw new InvalidArchive(`the file ${name} is in the archive twice`)
  places.set(name, place)
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  await handle.read(bytes, 0, length, position)
  return bytes
}

function headerAt(
  { path, at }: { readonly path: string; readonly at: number }, read: () => Header,
): Header {
  let cause: unknown
  try {
    const header = read()
    if (header.nullBlock || header.cksumValid) return header
  } catch (error) {
    cause = error
  }
  throw new InvalidArchive(at === 0
    ? `${path} is no tar: an archive is a directory or a tar; one that is compressed must be ` +
      'unpacked first'
    : `${path} is damaged at its byte ${at}: no header of a tar`, { cause })
}
