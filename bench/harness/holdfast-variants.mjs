import { WorkerVariant } from './worker-variant.mjs'

/**
 * Holdfast as the variant `holdfast` (or `name`) and, with --against, another build as
 * `holdfast-other`. Each gets its own settings from `settings(name)`.
 */
export async function holdfastVariants(options, given) {
  const { name = 'holdfast', about, module, settings } = given
  const other = { name: `${name}-other`, about: 'the build to compare with' }
  const builds = [
    { name, dist: options.dist, about },
    ...(options.against === undefined ? [] : [{ ...other, dist: options.against }]),
  ]
  const variants = []
  for (const build of builds) {
    const own = await settings(build.name.replaceAll('-', '_'))
    variants.push(new WorkerVariant({
      ...build, module,
      settings: { ...own, dist: build.dist },
      profile: options.profile === build.name ? options.profileFolder : undefined,
    }))
  }
  return variants
}
