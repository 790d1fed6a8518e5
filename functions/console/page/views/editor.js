// Settings that people change: a field for each value, what differs shown before
// it counts, and who changed what when.
import { h, table, row, show, ask, note, words } from '../dom.js'
import { at } from '../format.js'
import { put } from '../api.js'
import { fields, flat } from './fields.js'

/**
 * settings shows settings of a version, and lets them be changed. groups say what
 * each means, path is where they are stored, counts when a change does.
 */
export function settings(page, { path, stored, groups, counts, json = false }) {
  const { body, tag } = stored
  const place = h('div', { 'data-own': 'settings-' + body.version })
  const button = (name, form) => h('button', { type: 'button', class: 'quiet', onclick: () => edit(form) }, name)
  const read = () => {
    delete place.dataset.busy
    show(place, h('p', { class: 'actions start' }, version(body), button('Change', fields), json && button('Change as JSON', text)), values(body.settings, groups))
  }
  const edit = (form) => {
    const fault = h('p', { class: 'problem', id: 'settings-fault', role: 'alert' })
    const { element, value } = form(body.settings, groups)
    place.dataset.busy = '' // what somebody else stores meanwhile is told when this is stored
    place.replaceChildren(h('form', { class: 'editor', onsubmit: async (e) => {
      e.preventDefault()
      const wrong = await store({ path, tag, before: body.settings, value, counts, groups })
      fault.textContent = wrong ?? ''
      if (wrong === null) {
        read()
        page.refresh()
      }
    } }, element, h('div', { class: 'actions sticky' }, fault, h('button', { type: 'button', class: 'quiet', onclick: read }, 'Back'), h('button', { type: 'submit', class: 'main' }, 'Save'))))
    element.querySelector('input, textarea, select')?.focus()
  }
  read()
  return place
}

const version = ({ version: n, by, at: when }) => (n ? h('span', null, `Version ${n}${by ? ' by ' + by : ''} `, when && !when.startsWith('0001') && at(when)) : h('span', null, 'As delivered: nobody has changed them'))

// store shows what changes, and stores it once that is confirmed. It returns null
// then, and else what was wrong.
async function store({ path, tag, before, value, counts, groups }) {
  try {
    const after = value()
    const changes = differences(after, before, groups)
    if (changes.length === 0) return 'Nothing has changed.'
    const said = table('Differences', ['Setting', 'Now', 'Then'], changes.map(([k, was, is]) => row(k, k, was, h('span', { class: 'changed' }, is))))
    if (!(await ask({ title: 'This is what changes', text: [said, h('p', null, counts)], action: 'Store it' }))) return ''
    const { version: n } = await put(path, after, tag)
    note(`Version ${n} is stored`)
    return null
  } catch (problem) {
    return problem.status === 412 ? 'Somebody else has changed this since. Copy what you need, go back, and change it anew.' : [problem.message, ...problem.details ?? []].join(': ')
  }
}

// text edits settings as JSON.
function text(value) {
  const area = h('textarea', { id: 'settings', spellcheck: 'false', 'aria-describedby': 'settings-fault' })
  area.value = JSON.stringify(value, null, 2)
  return { element: h('div', null, h('label', { for: 'settings' }, 'Settings, as JSON'), area), value: () => JSON.parse(area.value) }
}

// values shows settings as names and values, by group. What no group knows comes
// last, by its own name; whose they are, the view says.
function values(settings, groups) {
  const all = flat(settings)
  const lines = groups.map(({ title, fields: known }) => [title, known.filter((f) => f.path in all)])
  const rest = Object.keys(all).filter((path) => path !== 'shop' && !groups.some((g) => g.fields.some((f) => f.path === path)))
  lines.push(['Others', rest.map((path) => ({ path }))])
  return h('div', { class: 'columns' }, lines.filter(([, known]) => known.length > 0).map(([title, known]) => h('section', null, h('h3', null, title),
    table(title, ['Setting', 'Value#'], known.map((f) => row(f.path, h('span', { title: f.help || null }, f.label ?? words(f.path)), h('td', { class: 'number wrap' }, written(f, all[f.path]))))))))
}

const written = ({ options, unit, type }, v) => (type === 'boolean' ? (v === 'true' ? 'yes' : 'no') : `${options?.[v] ?? v}${unit ? ' ' + unit : ''}`)

/** history shows the versions of settings, and what each changed. */
export function history(versions, groups) {
  return table('Versions', ['Version', 'By', 'When', 'What changed'], versions.map((v, i) => row('v' + v.version, String(v.version), v.by, at(v.at), changed(v.settings, versions[i + 1]?.settings, groups))), 'Nobody has changed anything yet')
}

function changed(now, before, groups) {
  if (!before) return 'First version'
  return h('ul', null, differences(now, before, groups).map(([k, was, is]) => h('li', null, k, ': ', was, ' → ', is)))
}

// differences are the labels of what differs, with what it was and is.
function differences(now, before, groups) {
  const [a, b] = [flat(now), flat(before)]
  const all = groups.flatMap((g) => g.fields)
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((k) => a[k] !== b[k]).map((k) => {
    const field = all.find((f) => f.path === k) ?? {}
    const say = (v) => (v === undefined ? 'nothing' : written(field, v))
    return [field.label ?? k, say(b[k]), say(a[k])]
  })
}
