import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface DiskSize {
  readonly megabytes: number
  readonly ballastMegabytes: number
}

/** A file system of a few megabytes, a part of it taken up by ballast. */
export class SmallDisk {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Why none can be made here; undefined when it can. */
  static missing(): string | undefined {
    if (process.getuid?.() !== 0) return 'only root may mount a small file system'
    try {
      SmallDisk.create({ megabytes: 1, ballastMegabytes: 0 }).remove()
      return undefined
    } catch {
      return 'a small file system cannot be mounted here'
    }
  }

  static create(size: DiskSize): SmallDisk {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
    try {
      const words = ['-t', 'tmpfs', '-o', `size=${size.megabytes}m`, 'tmpfs', folder]
      execFileSync('mount', words, { stdio: 'pipe' })
    } catch (error) {
      rmSync(folder, { recursive: true })
      throw error
    }
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(size.ballastMegabytes * 2 ** 20))
    return new SmallDisk(folder)
  }

  /** Frees what the ballast took. */
  dropBallast(): void {
    rmSync(join(this.folder, 'ballast'))
  }

  remove(): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' })
    rmSync(this.folder, { recursive: true })
  }
}
