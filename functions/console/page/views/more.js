// Lists that go on: one page is shown, and more of them when they are asked for.
import { h } from '../dom.js'

/**
 * more makes a list of pages. ask gets a cursor, and answers with items under a
 * name and with next. Loading again loads as many pages as are shown.
 */
export function more(ask, name) {
  let pages = 1
  let next
  return {
    load: async () => {
      const all = []
      next = undefined
      for (let i = 0; i < pages && (i === 0 || next); i++) {
        const page = await ask(next)
        all.push(...(page[name] ?? []))
        next = page.next
      }
      return all
    },
    button: (page) => next && h('p', { class: 'more' }, h('button', { type: 'button', class: 'quiet', onclick: () => {
      pages++
      page.refresh()
    } }, 'Show more')),
  }
}
