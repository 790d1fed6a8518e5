// One campaign: its states over time, what it waits for, and changes to it. A
// change to a live one is shown before it counts, and has to be confirmed.
import { h, table, row, chip, link, facts, show, ask, field, note, title, words } from '../dom.js'
import { at, money, whole } from '../format.js'
import { read, call, get, post, id } from '../api.js'
import { shops } from './shops.js'

export function open(page) {
  const path = '/v1/campaigns/' + id(page.params.campaign)
  page.keep(async () => {
    const [{ body, tag }, used, shop] = await Promise.all([read(path), get(path + '/redemptions', { limit: 50 }).catch(() => null), shops()])
    return { c: body, tag, shop, used: used?.records ?? [] }
  }, (data) => draw(page, path, data), { on: (f) => f.t === 'campaign.changed' && f.d?.campaign === page.params.campaign, about: [path] })
}

function draw(page, path, { c, tag, shop, used }) {
  page.name(c.title)
  show(page.tools,
    (c.actions ?? []).map((a) => h('button', { type: 'button', class: a === 'end' || a === 'cancel' ? 'danger' : 'quiet', onclick: () => act(page, path, c, a) }, title(a))),
    !['ended', 'cancelled'].includes(c.effective) && h('button', { type: 'button', class: 'main', onclick: () => edit(page, path, c, tag) }, 'Change'))
  return [
    h('div', { class: 'lead' }, chip(c.effective), c.effective !== c.state && h('small', null, `stored as ${c.state}; by the clock it is ${c.effective}`)),
    h('div', { class: 'columns' },
      h('section', null, h('h2', null, 'What'), facts([['Shop', shop(c.shop)], ['Kind', words(c.kind)], ...terms(c.terms), ['Starts', moment(c.schedule.starts ?? c.created, c.schedule.start)], ['Ends', moment(c.schedule.ends, c.schedule.end)], ['Wall time of', c.schedule.zone], ['Made by', c.by], ['Items', c.items > 0 && whole(c.items)], ['Granted to', c.grants > 0 && `${whole(c.grants)} customers`], ['Version', c.version]])),
      h('section', null, h('h2', null, 'States'), h('ol', { class: 'timeline' }, (c.history ?? []).map((s, i) => h('li', { 'data-key': 's' + i }, h('b', null, title(s.state)), ' ', at(s.at), s.by && h('small', null, ' by ' + s.by))), (c.timers ?? []).map((t) => h('li', { 'data-key': t.kind, class: 'ahead' }, h('b', null, 'Will ' + words(t.kind)), ' ', at(t.due)))),
        c.prerequisites && [h('h2', null, 'What it needs'), h('ul', null, c.prerequisites.map((p) => h('li', null, chip(p.met ? 'ok' : 'waiting', p.met ? 'met' : 'missing'), ' ', words(p.name), p.remedy && `: ${p.remedy}`)))])),
    h('h2', null, 'Orders that used it'),
    table('Redemptions', ['Order', 'Customer', 'Off', 'When'], used.map((r) => row(r.order, link('/orders/' + r.order, r.order.slice(0, 12)), r.customer, String(r.off), at(r.at))), 'No order has used it yet'),
  ]
}

// moment is a time here, and by the wall clock of the campaign where that differs.
function moment(t, wall = '') {
  const here = new Date(t)
  const same = wall.slice(0, 16) === new Date(here - here.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
  return [at(t), wall && !same && h('small', null, ` ${wall.replace('T', ' ').slice(0, 16)} there`)]
}

// terms are what a campaign takes off, and for whom.
function terms(t) {
  return [
    ['Takes off', t.basisPoints ? `${t.basisPoints / 100}%` : money(t.amount, t.currency)], ['Of orders from', t.minOrder && money(t.minOrder, t.currency)],
    ['Only', t.categories?.join(', ')], ['Each customer', t.perCustomer && `in ${whole(t.perCustomer)} orders`], ['Customers', t.grantedOnly && 'only those who were granted it'],
  ]
}

async function act(page, path, c, action) {
  const final = action === 'end' || action === 'cancel'
  if (await ask({ title: `${title(action)} “${c.title}”?`, text: final ? 'This cannot be undone: all that belongs to it is void at once.' : 'It counts at once.', action: title(action), danger: final })) page.act(`${title(action)}: done`, () => post(`${path}/${action}`))
}

async function edit(page, path, c, tag) {
  const given = await ask({
    title: `Change “${c.title}”`, text: 'Nothing counts before you have seen what changes.', action: 'Show what changes',
    fields: [
      field('Title', h('input', { name: 'title', value: c.title, required: true, maxlength: 200 })),
      field('Ends', h('input', { name: 'end', type: 'datetime-local', value: c.schedule.end?.slice(0, 16), required: true }), 'Wall time in ' + c.schedule.zone),
      c.terms.basisPoints > 0 && field('Percent off', h('input', { name: 'percent', type: 'number', min: 0, max: 100, step: 0.01, value: c.terms.basisPoints / 100 })),
    ].filter(Boolean),
  })
  if (!given) return
  const change = { title: given.title, plan: { zone: c.schedule.zone, start: c.schedule.start || undefined, end: given.end === c.schedule.end?.slice(0, 16) ? c.schedule.end : given.end } }
  if (given.percent) change.terms = { ...c.terms, basisPoints: Math.round(given.percent * 100) }
  try {
    const shown = await patch(path, { ...change, preview: true }, tag)
    if (await ask({ title: 'This is what changes', text: preview(shown), action: shown.preview.live ? 'Confirm, it is live' : 'Change it', danger: shown.preview.live })) page.act('The campaign has changed', () => patch(path, { ...change, confirm: shown.token }, tag))
  } catch (problem) {
    note([problem.message, ...problem.details ?? []].join(': '), 'bad')
  }
}

const patch = (path, body, tag) => call('PATCH', path, { body, headers: { 'If-Match': tag } })

function preview({ preview: p }) {
  const say = (v) => (typeof v === 'string' ? v : typeof v === 'object' ? JSON.stringify(v) : String(v ?? 'nothing'))
  const told = new Set((p.differences ?? []).map((d) => d.field))
  const once = (d) => !/s$/.test(d.field) || !told.has(d.field.slice(0, -1)) // schedule.ends follows from schedule.end
  return [
    table('Differences', ['What', 'Now', 'Then'], (p.differences ?? []).filter(once).map((d) => row(d.field, title(d.field), say(d.from), h('span', { class: 'changed' }, say(d.to)))), 'Nothing changes'),
    p.live && h('p', null, `It is live. It touches ${p.touches?.items ?? 0} items, ${p.touches?.customers ?? 0} customers and ${p.touches?.redemptions ?? 0} orders that used it.`),
  ]
}
