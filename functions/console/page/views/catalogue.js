// One shop's catalogue: how old it is, how it is synced, who changed that when,
// and a way to change it.
import { h, chip, link, facts, show, ask } from '../dom.js'
import { since, span } from '../format.js'
import { get, read, post, id } from '../api.js'
import { settings as edit, history } from './editor.js'
import { catalogue } from './meanings.js'

const maybe = (promise) => promise.catch(() => null)

export function open(page) {
  const shop = '/v1/shops/' + id(page.params.shop)
  const path = shop + '/catalog'
  page.name('Catalogue of ', page.params.shop)
  page.keep(async () => {
    const [about, settings, fresh, versions] = await Promise.all([maybe(get(shop)), maybe(read(path)), maybe(get(path + '/freshness')), maybe(get(path + '/versions', { limit: 20 }))])
    return { about, settings, fresh, versions: versions?.versions ?? [] }
  }, ({ about, settings, fresh, versions }) => {
    show(page.tools, settings && h('button', { type: 'button', class: 'quiet', onclick: () => sync(page, path) }, 'Sync now'))
    if (about) page.name(about.name, ' ', h('code', null, about.id))
    if (!settings) return h('p', { class: 'empty' }, 'This shop has no settings of a catalogue.')
    return [
      h('div', { class: 'lead' }, fresh && (fresh.stale ? chip('stale') : chip('fresh')), about && chip(about.openNow ? 'ok' : 'closed', about.openNow ? 'open' : 'closed')),
      fresh && facts([['Age', fresh.complete && span(fresh.ageSeconds)], ['Last complete', since(fresh.complete?.finished)], ['Last attempt', fresh.last && [link('/jobs/' + fresh.last.job, fresh.last.state ?? fresh.last.job), ' ', since(fresh.last.started), ' ', fresh.last.cause ?? '']], ['Next due', since(fresh.nextDue)]]),
      h('h2', null, 'Settings'), edit(page, { path, stored: settings, groups: catalogue, json: true, counts: 'It counts from the next sync on.' }),
      h('h2', null, 'Who changed them'), history(versions, catalogue),
    ]
  }, { about: ['shop:' + page.params.shop, shop] })
}

async function sync(page, path) {
  const job = await page.act('A sync has begun', () => post(path + '/sync?join=true'))
  if (job && (await ask({ title: 'The sync has begun', text: 'It goes on whether it is watched or not.', action: 'Watch it' }))) location.hash = '/jobs/' + job.id
}
