// Shops by their names, which are asked for once in a while.
import { h } from '../dom.js'
import { get } from '../api.js'

const fresh = 60_000 // ms

let names
let asked = 0

/** shops resolves to how a shop is shown: as a link, by its name where that is known. */
export async function shops() {
  if (Date.now() - asked > fresh) {
    asked = Date.now()
    names = get('/v1/shops', { limit: 200 }).then(({ shops: all }) => new Map((all ?? []).map((s) => [s.id, s.name])), () => new Map())
  }
  const known = await names
  return (id) => id && h('a', { href: '#/catalogues/' + encodeURIComponent(id), class: 'name', title: id }, known.get(id) ?? id)
}
