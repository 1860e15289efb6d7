import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Bytes of a file at most that is read: it is held in memory, and its text once more. */
const bytesMax = 256 * 1024 * 1024

/** Files of a folder that nobody has looked at which are told one by one at most. */
const listedMax = 100

/** A file that nobody has looked at, or a folder of so many. */
export interface UnseenFiles {
  readonly path: string
  readonly count: number
}

/** The files of a home, each looked at once. Links in it are not followed: they lead anywhere. */
export class Home {
  readonly root: string
  readonly #seen = new Set<string>()
  readonly #digests = new Map<string, string>()
  readonly #misread = new Set<string>()

  constructor(root: string) {
    // The home itself may be a link, as whoever moves it to another disk leaves one.
    this.root = realpathSync(root)
  }

  /** A path as the report calls it. */
  placeOf(path: string): string {
    return relative(this.root, path).replaceAll('\\', '/')
  }

  /** Names of folders in a folder, sorted; none where there is none. */
  folders(...parts: readonly string[]): string[] {
    return this.#names(parts).filter((name) => this.isFolder(...parts, name))
  }

  /** Names of files in a folder, sorted; none where there is none. */
  files(...parts: readonly string[]): string[] {
    return this.#names(parts).filter((name) => this.isFile(...parts, name))
  }

  isFolder(...parts: readonly string[]): boolean {
    return lstatSync(join(this.root, ...parts), { throwIfNoEntry: false })?.isDirectory() ?? false
  }

  isFile(...parts: readonly string[]): boolean {
    return lstatSync(join(this.root, ...parts), { throwIfNoEntry: false })?.isFile() ?? false
  }

  /** Names of files in a folder and in those below it, each with its way there. */
  filesBelow(...parts: readonly string[]): string[] {
    return [
      ...this.files(...parts),
      ...this.folders(...parts).flatMap((folder) =>
        this.filesBelow(...parts, folder).map((name) => `${folder}/${name}`)),
    ]
  }

  /** The bytes of a file; undefined for one that `whyNot` tells of. */
  find(path: string): Buffer | undefined {
    this.see(path)
    if (this.#sizeOf(path) > bytesMax) return undefined
    const bytes = unlessGone(() => readFileSync(path))
    if (bytes === undefined) return undefined
    if (!this.#digests.has(path)) {
      this.#digests.set(path, createHash('sha256').update(bytes).digest('hex'))
    }
    return bytes
  }

  /** Why a file was not found. */
  whyNot(path: string): string {
    const size = this.#sizeOf(path)
    return size > bytesMax ? `the file has ${size} bytes, and ${bytesMax} at most are read`
      : 'the file went away meanwhile'
  }

  read(path: string): Buffer {
    return this.find(path) ?? Buffer.alloc(0)
  }

  /**
   * The text in bytes of a file. OpenHands writes some in the encoding of its machine: what is no
   * UTF-8 is read as that of Windows, which has a character for every byte.
   */
  textOf(path: string, bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      this.#misread.add(path)
      return new TextDecoder('windows-1252').decode(bytes)
    }
  }

  /** Files whose text was no UTF-8. */
  *misread(): Generator<string> {
    for (const path of this.#misread) yield this.placeOf(path)
  }

  /** SHA-256 of every file that was read. */
  *digests(): Generator<{ readonly place: string; readonly sha256: string }> {
    for (const [path, sha256] of this.#digests) yield { place: this.placeOf(path), sha256 }
  }

  /** Notes that a file is accounted for. */
  see(path: string): void {
    this.#seen.add(path)
  }

  /** All files that nobody has looked at; a large folder of nothing else is told as one. */
  *unseen(): Generator<UnseenFiles> {
    const touched = new Set<string>()
    for (const path of this.#seen) {
      for (let folder = dirname(path); !touched.has(folder) && folder.startsWith(this.root);) {
        touched.add(folder)
        folder = dirname(folder)
      }
    }
    yield* this.#unseenIn(this.root, touched)
  }

  *#unseenIn(folder: string, touched: ReadonlySet<string>): Generator<UnseenFiles> {
    for (const name of namesIn(folder)) {
      const path = join(folder, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat?.isDirectory() === true) {
        const count = touched.has(path) ? 0 : filesIn(path)
        if (count > listedMax) yield { path, count }
        else yield* this.#unseenIn(path, touched)
      } else if (stat !== undefined && !this.#seen.has(path)) {
        yield { path, count: 1 }
      }
    }
  }

  #sizeOf(path: string): number {
    return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
  }

  #names(parts: readonly string[]): string[] {
    const path = join(this.root, ...parts)
    return this.isFolder(...parts) ? namesIn(path) : []
  }
}

function filesIn(folder: string): number {
  return namesIn(folder).reduce((count, name) => {
    const path = join(folder, name)
    const isFolder = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    return count + (isFolder ? filesIn(path) : 1)
  }, 0)
}

const namesIn = (folder: string): string[] =>
  (unlessGone(() => readdirSync(folder)) ?? []).sort()

/** OpenHands may still run, and take files away. */
function unlessGone<R>(look: () => R): R | undefined {
  try {
    return look()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
