/** A part of src, the floor it stands on, and what else holds for imports from and of it. */
export interface Area {
  readonly floor: number
  /** Folders of src. */
  readonly folders?: readonly string[]
  /** Files directly in src, without extension. */
  readonly files?: readonly string[]
  /** Others may import only its index.ts, and what the server needs of it, its http.ts. */
  readonly indexOnly?: boolean
  /** Folders and files of the same floor that it may import all the same. */
  readonly also?: readonly string[]
  /** It may import these and its own folder, nothing else. */
  readonly only?: readonly string[]
  /** It is there for tests, so that being imported by one is use enough. */
  readonly forTests?: boolean
}

const sources = [
  'assert', 'background', 'clock', 'errors', 'ids', 'joined-signal', 'lines', 'named-ids', 'scope',
]
const composition = [
  'archives', 'backups', 'finish', 'holdfast', 'imports', 'index', 'options', 'organization-stores',
  'personal-data', 'runner', 'schedule-work', 'shared-parts', 'tables', 'transfer', 'webhook-work',
]

/** Bottom to top. A file imports from its own folder or from a lower floor. */
export const areas: readonly Area[] = [
  { floor: 0, files: sources },
  { floor: 1, folders: ['database', 'coordination'] },
  { floor: 2, folders: ['http'] },
  {
    floor: 3,
    folders: ['audit', 'idempotency', 'locks', 'processes', 'queues', 'search', 'streams'],
    indexOnly: true,
  },
  {
    floor: 4,
    folders: [
      'agent-states', 'agents', 'attachments', 'checkpoints', 'conversations', 'envelopes', 'floor',
      'identity', 'items', 'secrets', 'settings', 'usage', 'webhooks', 'workflows',
    ],
    indexOnly: true,
  },
  { floor: 4, folders: ['tuning'], indexOnly: true, also: ['workflows'] },
  { floor: 5, folders: ['adapters', 'lifecycle'] },
  { floor: 6, files: composition },
  { floor: 6, folders: ['server'], also: composition },
  { floor: 6, folders: ['cli'], also: [...composition, 'server'] },
  { floor: 6, folders: ['client'], only: [], also: [...composition, 'server'] },
  {
    floor: 6,
    folders: ['testing'],
    only: [...sources, 'database', 'coordination', 'adapters', 'holdfast'],
    forTests: true,
  },
  { floor: 6, folders: ['crash'], only: ['testing'], also: ['holdfast'], forTests: true },
  { floor: 6, folders: ['tidy'], only: [], forTests: true },
]

/** The part of src a path belongs to: its first folder, or the file's own name. */
export function partOf(path: string): { readonly name: string; readonly isFile: boolean } {
  const [first = '', ...rest] = path.replace(/^src\//, '').split('/')
  return { name: first.replace(/(\.test)?\.ts$/, ''), isFile: rest.length === 0 }
}

/** The area a file of src belongs to; undefined when it stands on no floor. */
export function areaOf(path: string): Area | undefined {
  const { name, isFile } = partOf(path)
  return areas.find((area) => (isFile ? area.files : area.folders)?.includes(name))
}

/**
 * Why one file of src must not import another; undefined when it may.
 * A file on no floor is reported by itself, not by its imports.
 */
export function refusal(from: string, to: string): string | undefined {
  if (from.endsWith('.test.ts')) return testRefusal(from, to)
  if (to.endsWith('.test.ts')) return 'a test is imported by nobody'
  const [importer, imported] = [areaOf(from), areaOf(to)]
  if (importer === undefined || imported === undefined || isTogether(from, to)) return undefined
  if (importer.only === undefined) return arrowRefusal(importer, imported, to)
  if (importer.only.includes(partOf(to).name)) return undefined
  return `${partOf(from).name} may import only ${['itself', ...importer.only].join(', ')}`
}

/** A test may import what stands below it, its own folder and testing; one of server anything. */
function testRefusal(from: string, to: string): string | undefined {
  const { name, isFile } = partOf(from)
  if (to.endsWith('.test.ts')) return 'a test is imported by nobody'
  if (name === 'server' || partOf(to).name === 'testing' || isTogether(from, to)) return undefined
  if (isFile && name === partOf(to).name) return undefined
  const importer = isFile ? { floor: 6, also: composition } : areaOf(from)
  const imported = areaOf(to)
  return importer && imported && arrowRefusal(importer, imported, to)
}

function arrowRefusal(importer: Area, imported: Area, to: string): string | undefined {
  const { name } = partOf(to)
  if (imported.floor >= importer.floor && importer.also?.includes(name) !== true) {
    return `floor ${importer.floor} must not import ${name} on floor ${imported.floor}`
  }
  if (imported.indexOnly !== true || /^src\/[^/]+\/(index|http)\.ts$/.test(to)) return undefined
  return `of ${name} only index.ts and http.ts may be imported`
}

/** Two files of one folder, or of the same area directly in src. */
function isTogether(from: string, to: string): boolean {
  const [here, there] = [partOf(from), partOf(to)]
  if (here.isFile && there.isFile) return areaOf(from) === areaOf(to)
  return !here.isFile && !there.isFile && here.name === there.name
}
