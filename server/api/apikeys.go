package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type (
	wireAPIKeys struct {
		APIKeys []wireAPIKey `json:"apiKeys"`
	}
	wireAPIKey struct {
		ID               string  `json:"id"` // the public half
		CreatedAt        instant `json:"createdAt"`
		ExpiresAt        instant `json:"expiresAt"`  // always null: keys don't expire
		LastUsedAt       instant `json:"lastUsedAt"` // always null: it is not noted
		Note             orNull  `json:"note"`
		PublicKey        string  `json:"publicKey"`
		DisplaySecretKey string  `json:"displaySecretKey"`
	}
	wireNewAPIKey struct {
		ID               string  `json:"id"`
		CreatedAt        instant `json:"createdAt"`
		PublicKey        string  `json:"publicKey"`
		SecretKey        string  `json:"secretKey"`
		DisplaySecretKey string  `json:"displaySecretKey"`
		Note             orNull  `json:"note"`
	}
)

func apiKeyOnWire(k *catalog.APIKey) wireAPIKey {
	return wireAPIKey{ID: k.PublicKey, CreatedAt: instant(k.CreatedAt), Note: orNull(k.Note), PublicKey: k.PublicKey, DisplaySecretKey: k.DisplaySecretKey}
}

// ownProject answers 404 unless the path names the project of the key.
func (c *call) ownProject() bool {
	if c.params["id"] == c.access.ProjectID {
		return true
	}
	c.fail(notFound("Project"))
	return false
}

func (c *call) listAPIKeys() {
	if !c.ownProject() {
		return
	}
	keys, err := c.Catalog.APIKeys(c.ctx(), c.access.ProjectID)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, wireAPIKeys{convert(keys, apiKeyOnWire)})
}

func (c *call) postAPIKey() {
	if !c.ownProject() {
		return
	}
	change(c, http.StatusCreated, c.Catalog.CreateAPIKey, func(k *catalog.APIKey) wireNewAPIKey {
		return wireNewAPIKey{k.PublicKey, instant(k.CreatedAt), k.PublicKey, k.SecretKey, k.DisplaySecretKey, orNull(k.Note)}
	})
}

func (c *call) deleteAPIKey() {
	if !c.ownProject() {
		return
	}
	key := c.params["key"]
	err := c.Catalog.DeleteAPIKey(c.ctx(), c.access.ProjectID, key)
	c.Keys.Forget(key)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, success{Success: true})
}
