package storage

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const (
	keyBits      = 2048
	projectID    = "lastmile"
	accountEmail = "emulator@" + projectID + ".iam.gserviceaccount.com"
)

// signer is the service account whose signatures on URLs are good.
type signer struct {
	email   string
	private *rsa.PrivateKey
	pem     []byte
}

// ServiceAccountJSON returns the credentials file of the account whose signed
// URLs this server honours. The key is of this server alone; with Options.Dir it
// survives a restart.
func (s *Server) ServiceAccountJSON() ([]byte, error) {
	key, err := s.key()
	if err != nil {
		return nil, fmt.Errorf("service account of the storage emulator: %w", err)
	}
	return json.MarshalIndent(map[string]string{
		"type":           "service_account",
		"project_id":     projectID,
		"private_key_id": "emulator",
		"private_key":    string(key.pem),
		"client_email":   key.email,
		"client_id":      "0",
		"token_uri":      "http://" + s.Addr() + "/token",
	}, "", "  ")
}

// loadSigner reads the key in dir, or makes one and keeps it there.
func loadSigner(dir string) (signer, error) {
	if dir == "" {
		return newSigner()
	}
	file := filepath.Join(dir, "signer.pem")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		made, err := newSigner()
		if err != nil {
			return signer{}, err
		}
		return made, os.WriteFile(file, made.pem, 0o600)
	}
	if err != nil {
		return signer{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return signer{}, fmt.Errorf("%s holds no key; remove it to get a new one", file)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return signer{}, fmt.Errorf("%s: %w", file, err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return signer{}, fmt.Errorf("%s holds no RSA key; remove it to get a new one", file)
	}
	return signer{email: accountEmail, private: private, pem: text}, nil
}

func newSigner() (signer, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signer{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return signer{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return signer{email: accountEmail, private: private, pem: text}, nil
}
