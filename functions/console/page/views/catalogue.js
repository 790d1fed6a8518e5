// One shop's catalogue: how old it is, how it is synced, who changed that when,
// and a way to change it.
import { h, table, row, chip, link, facts, show, ask, note } from '../dom.js'
import { at, since, span, json } from '../format.js'
import { get, read, put, post, id } from '../api.js'

const maybe = (promise) => promise.catch(() => null)

export function open(page) {
  const shop = '/v1/shops/' + id(page.params.shop)
  const path = shop + '/catalog'
  page.name('Catalogue of ', page.params.shop)
  let edited = null // what a person is changing: its tag stays that of what was read
  const edit = (settings) => {
    edited = settings
    page.redraw()
  }
  page.keep(async () => {
    const [about, settings, fresh, versions] = await Promise.all([maybe(get(shop)), maybe(read(path)), maybe(get(path + '/freshness')), maybe(get(path + '/versions', { limit: 20 }))])
    return { about, settings, fresh, versions: versions?.versions ?? [] }
  }, ({ about, settings, fresh, versions }) => {
    show(page.tools, settings && h('button', { type: 'button', class: 'quiet', onclick: () => sync(page, path) }, 'Sync now'))
    if (!settings) return h('p', { class: 'empty' }, 'This shop has no settings of a catalogue.')
    return [
      h('div', { class: 'lead' }, about && h('b', null, about.name), fresh && (fresh.stale ? chip('stale') : chip('fresh')), about && chip(about.openNow ? 'ok' : 'closed', about.openNow ? 'open' : 'closed')),
      fresh && facts([['Age', fresh.complete && span(fresh.ageSeconds)], ['Last complete', since(fresh.complete?.finished)], ['Last attempt', fresh.last && [link('/jobs/' + fresh.last.job, fresh.last.state ?? fresh.last.job), ' ', since(fresh.last.started), ' ', fresh.last.cause ?? '']], ['Next due', since(fresh.nextDue)]]),
      h('h2', null, 'Settings'), edited ? editor(page, path, edited, edit) : view(settings, edit),
      h('h2', null, 'Who changed them'), history(versions),
    ]
  }, { on: (f) => f.t === 'job.progress', every: 10 })
}

function view(settings, edit) {
  const { version, by, at: when, ...rest } = settings.body
  return [h('p', { class: 'actions start' }, `Version ${version}${by ? ' by ' + by : ''} `, when && at(when), h('button', { type: 'button', class: 'quiet', onclick: () => edit({ tag: settings.tag, rest }) }, 'Change')), json(rest)]
}

function editor(page, path, { tag, rest }, edit) {
  const text = h('textarea', { id: 'settings', spellcheck: 'false', 'aria-describedby': 'settings-fault' })
  text.value = JSON.stringify(rest.settings ?? rest, null, 2)
  const fault = h('p', { class: 'problem', id: 'settings-fault', role: 'alert' })
  return h('form', { 'data-own': 'editor', onsubmit: async (e) => {
    e.preventDefault()
    try {
      const stored = await put(path, JSON.parse(text.value), tag)
      note(`Settings are version ${stored.version ?? 'new'}: they count from the next sync on`)
      edit(null)
      page.refresh()
    } catch (problem) {
      fault.textContent = problem.status === 412 ? 'Somebody else has changed the settings since. Copy what you need, go back, and change them anew.' : [problem.message, ...problem.details ?? []].join(': ')
    }
  } },
  h('label', { for: 'settings' }, 'Settings, as JSON'), text, fault,
  h('div', { class: 'actions' }, h('button', { type: 'button', class: 'quiet', onclick: () => edit(null) }, 'Back'), h('button', { type: 'submit', class: 'main' }, 'Save')))
}

function history(versions) {
  return table('Versions', ['Version', 'By', 'When', 'What changed'], versions.map((v, i) => row('v' + v.version, String(v.version), v.by, at(v.at), differences(v.settings, versions[i + 1]?.settings))), 'No earlier versions')
}

function differences(now, before) {
  if (!before) return 'first'
  const [a, b] = [flat(now), flat(before)]
  return h('ul', null, [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => a[k] !== b[k]).map((k) => h('li', null, k, ': ', b[k] ?? 'nothing', ' → ', a[k] ?? 'nothing')))
}

function flat(v, name = '', into = {}) {
  if (v && typeof v === 'object') for (const [k, x] of Object.entries(v)) flat(x, name ? `${name}.${k}` : k, into)
  else into[name] = String(v)
  return into
}

async function sync(page, path) {
  const job = await page.act('A sync has begun', () => post(path + '/sync?join=true'))
  if (job && (await ask({ title: 'The sync has begun', text: 'It goes on whether it is watched or not.', action: 'Watch it' }))) location.hash = '/jobs/' + job.id
}
