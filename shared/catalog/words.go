package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// Bounds on what an item can be found by.
const (
	minPrefix = 2  // letters
	maxPrefix = 12 // letters; longer words are found by their beginning
	maxTerms  = 120
)

// Words returns the words of a text in the form in which they are compared:
// lower case, without accents, each once.
func Words(text string) []string {
	words := strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	seen := make(map[string]bool, len(words))
	return slices.DeleteFunc(words, func(w string) bool {
		twice := seen[w]
		seen[w] = true
		return twice
	})
}

// Terms returns what an item of this name is found by: the beginnings of its
// words, from two letters on.
func Terms(name string) []string {
	var terms []string
	for _, w := range Words(name) {
		letters := []rune(w)
		for n := min(minPrefix, len(letters)); n <= min(maxPrefix, len(letters)); n++ {
			terms = append(terms, string(letters[:n]))
		}
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	return terms[:min(len(terms), maxTerms)]
}

// Term returns the one of [Terms] by which a word that somebody looks for is
// found, and maybe other words that begin like it.
func Term(word string) string {
	letters := []rune(word)
	return string(letters[:min(maxPrefix, len(letters))])
}

// Matches reports whether each of words begins one of the name's words.
func Matches(name string, words []string) bool {
	own := Words(name)
	for _, w := range words {
		if !slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, w) }) {
			return false
		}
	}
	return true
}

// fold returns text in lower case, with the accents of Latin letters removed.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if plain, ok := unaccented[r]; ok {
			return plain
		}
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, text)
}

// unaccented are the letters that people type without their accents.
var unaccented = map[rune]rune{
	'à': 'a', 'á': 'a', 'â': 'a', 'ã': 'a', 'ä': 'a', 'å': 'a', 'ā': 'a', 'ą': 'a', 'ă': 'a',
	'ç': 'c', 'ć': 'c', 'č': 'c', 'ċ': 'c', 'ď': 'd', 'đ': 'd',
	'è': 'e', 'é': 'e', 'ê': 'e', 'ë': 'e', 'ē': 'e', 'ę': 'e', 'ě': 'e', 'ė': 'e',
	'ğ': 'g', 'ġ': 'g', 'ħ': 'h', 'ì': 'i', 'í': 'i', 'î': 'i', 'ï': 'i', 'ī': 'i', 'į': 'i', 'ı': 'i',
	'ł': 'l', 'ľ': 'l', 'ñ': 'n', 'ń': 'n', 'ň': 'n',
	'ò': 'o', 'ó': 'o', 'ô': 'o', 'õ': 'o', 'ö': 'o', 'ø': 'o', 'ő': 'o', 'ō': 'o',
	'ř': 'r', 'ś': 's', 'š': 's', 'ş': 's', 'ș': 's', 'ť': 't', 'ţ': 't', 'ț': 't',
	'ù': 'u', 'ú': 'u', 'û': 'u', 'ü': 'u', 'ū': 'u', 'ů': 'u', 'ű': 'u', 'ý': 'y', 'ÿ': 'y',
	'ź': 'z', 'ż': 'z', 'ž': 'z',
}
