// Campaigns on a time line: what runs, what is to come, and what was.
import { h, table, row, chip, link, choice, show, svg, words } from '../dom.js'
import { at } from '../format.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'
import { shops } from './shops.js'

const day = 86_400_000

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/campaigns', { shop: q.shop, open: q.all !== 'yes', cursor, limit: 100 }), 'campaigns')
  show(page.tools, choice('Show', [['yes', 'all']], q.all, (all) => go('/campaigns', { ...q, all }), 'those not over'))
  page.keep(async () => ({ campaigns: await list.load(), shop: await shops() }), ({ campaigns, shop }) => [
    timeline(campaigns),
    table('Campaigns', ['Campaign', 'Shop', 'Kind', 'State', 'Starts', 'Ends', 'By'], campaigns.map((c) => row(c.id, link('/campaigns/' + c.id, c.title), shop(c.shop), words(c.kind), chip(c.effective), at(c.schedule.starts ?? c.created), at(c.schedule.ends), c.by)), q.all === 'yes' ? 'No campaigns' : 'No campaign runs or is to come'),
    list.button(page),
  ], { on: (f) => f.t === 'campaign.changed', about: ['/v1/campaigns'] })
}

// timeline draws the week before now and the three after. The table has it all in
// words.
function timeline(campaigns) {
  if (campaigns.length === 0) return null
  const shown = campaigns.slice(0, 30)
  const [from, to] = [Date.now() - 7 * day, Date.now() + 21 * day]
  const x = (t) => Math.min(Math.max(((t - from) / (to - from)) * 1000, 0), 1000)
  const height = 30 + shown.length * 26
  const days = Array.from({ length: 28 }, (_, i) => new Date(new Date(from).setHours(24 * (i + 1), 0, 0, 0)))
  const chart = svg('svg', { class: 'chart', viewBox: `0 0 1000 ${height}`, role: 'img', 'aria-label': `Time line of ${shown.length} campaigns, listed below` },
    days.map((d) => svg('line', { class: 'rule', x1: x(+d), x2: x(+d), y1: d.getDay() === 1 ? 0 : 22, y2: height })),
    days.filter((d) => d.getDay() === 1).map((d) => svg('text', { x: x(+d) + 4, y: 14 }, d.toLocaleDateString([], { day: 'numeric', month: 'short' }))),
    shown.map((c, i) => {
      const [a, b] = [x(Date.parse(c.schedule.starts ?? c.created)), x(Date.parse(c.closed ?? c.schedule.ends))]
      const y = 26 + i * 26
      const bar = svg('rect', { class: 'span', 'data-state': c.effective, x: a, y, width: Math.max(b - a, 3), height: 20, rx: 4 })
      const text = svg('a', { href: '#/campaigns/' + c.id }, svg('text', { x: Math.min(a + 6, 820), y: y + 14 }, c.title))
      return svg('g', {}, bar, text)
    }),
    svg('line', { class: 'now', x1: x(Date.now()), x2: x(Date.now()), y1: 0, y2: height }))
  return h('div', { class: 'scroll-quiet', tabindex: '0', role: 'region', 'aria-label': 'Time line' }, chart)
}
