import { WorkerVariant } from './worker-variant.mjs'

/**
 * Holdfast as the variant `holdfast` and, with --against, another build as `holdfast-other`. Each
 * gets its own settings from `settings(name)`.
 */
export async function holdfastVariants(options, { about, module, settings }) {
  const builds = [
    { name: 'holdfast', dist: options.dist, about },
    ...(options.against === undefined
      ? []
      : [{ name: 'holdfast-other', dist: options.against, about: 'the build to compare with' }]),
  ]
  const variants = []
  for (const build of builds) {
    const own = await settings(build.name.replace('-', '_'))
    variants.push(new WorkerVariant({
      ...build, module,
      settings: { ...own, dist: build.dist },
      profile: options.profile === build.name ? options.profileFolder : undefined,
    }))
  }
  return variants
}
