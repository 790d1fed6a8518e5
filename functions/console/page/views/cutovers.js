// Functions that are being replaced: what differs between old and new, and which
// is live for whom.
import { h, table, row, chip, number, ask, field, show } from '../dom.js'
import { at, whole } from '../format.js'
import { get, post, id } from '../api.js'
import { go } from '../frame.js'

export function open(page) {
  const name = page.query.function
  show(page.tools, h('label', { class: 'choice' }, h('span', null, 'Function'), h('input', { value: name, size: 16, onchange: (e) => go('/cutovers', { function: e.target.value.trim() }) })))
  if (!name) return page.keep(async () => null, () => h('p', { class: 'empty' }, 'Name a function that is being replaced, such as catalogpage.'))
  const path = '/v1/cutovers/' + id(name)
  page.keep(async () => {
    const [c, found] = await Promise.all([get(path), get(path + '/comparisons', { limit: 50 })])
    return { c, comparisons: found.comparisons ?? [] }
  }, ({ c, comparisons }) => [
    h('ul', { class: 'counts' }, [['same', 'the same'], ['differs', 'different'], ['skipped', 'not compared']].map(([f, t]) => h('li', { class: f === 'differs' && c.differs ? 'alarm' : null }, h('span', null, h('b', null, whole(c[f])), t)))),
    h('p', { class: 'actions start' }, h('button', { type: 'button', class: 'danger', onclick: () => flip(page, path, name) }, 'Make another path live')),
    h('h2', null, 'Flips'),
    table('Flips', ['For', 'Path', 'From', 'By'], Object.entries(c.flips ?? {}).flatMap(([who, all]) => all.map((f) => row(who + f.at, who || 'everyone', chip(f.path), at(f.at), f.by))), 'The old path is live for everyone'),
    h('h2', null, 'Differences'),
    table('Comparisons', ['Event', 'Tenant', 'When', 'Live', 'Missing#', 'Extra#'], comparisons.map((x) => row(x.event, x.event, x.tenant, at(x.at), x.path, number(x.missing?.length ?? 0), number(x.extra?.length ?? 0))), 'No differences'),
  ], { about: ['/v1/cutovers', 'service:' + name] })
}

async function flip(page, path, name) {
  const given = await ask({
    title: `Which path of ${name} is live?`, text: 'It counts in three seconds, for events from then on. It can be taken back by the other flip.', action: 'Make it live', danger: true,
    fields: [field('Path', h('select', { name: 'path' }, h('option', { value: 'new' }, 'new'), h('option', { value: 'old' }, 'old'))), field('Tenant', h('input', { name: 'tenant', maxlength: 64 }), 'Empty for everyone without flips of their own')],
  })
  if (given) page.act('Announced', () => post(path + '/flips', { path: given.path, tenant: given.tenant || undefined }))
}
