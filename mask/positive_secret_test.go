package mask_test

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/langshark/langshark-go/mask"
)

// secretPositive writes an assignment, a header or a URL with a secret in it.
func (w writer) secretPositive() positive {
	password := w.pick("hunter", "Winter", "qwer", "p@ss", "monkey", "Tr0ub4dor", "summer") + w.from(digitSet, 1+w.IntN(4)) + w.pick("", "!", "#", "kim", "^^")
	token := w.from(base62Set, 20+w.IntN(30))
	hexToken := w.from(hexSet, 32)
	v := w.pick(password, password, token, hexToken)
	var text string
	if v == password {
		text = fmt.Sprintf(w.pick(
			"password=%s", "password: %s", `{"password": "%s"}`, `DB_PASSWORD='%s'`, "비밀번호: %s", "비밀번호는 아니고 비번: %s 이에요", "pwd=%s&user=kim",
			`"db_password":"%s"`, "export PGPASSWORD=%s", "Passwd : %s\n", `{"user":"kim","passwd":"%s"}`, "mysql://root:%s@db.internal:3306/app",
			"postgres://app:%s@10-0-0-1.example.com/x", "아이디 kim, 암호=%s", "spring.datasource.password=%s", `password = "%s"`, "패스워드 : %s 로 접속하세요"), v)
		return positive{text: text, value: v}
	}
	text = fmt.Sprintf(w.pick(
		"Authorization: Bearer %s", `{"authorization":"Bearer %s"}`, "curl -H 'Authorization: Bearer %s' https://api.example.com", "api_key=%s", `"apiKey": "%s"`,
		"X-Naver-Client-Secret: %s", "Authorization: KakaoAK %s", "client_secret=%s&grant_type=code", "AZURE_OPENAI_API_KEY=%s", "access_token: %s",
		"API 키: %s", "토큰: %s 을 쓰세요", "secret: %s", "NCP_SECRET_KEY=\"%s\"", "AccountKey=%s;EndpointSuffix=core", "Ocp-Apim-Subscription-Key: %s", "refresh_token=%s"), v)
	return positive{text: text, value: v}
}

func (w writer) privateKey() positive {
	label := w.pick("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY")
	body := base64.StdEncoding.EncodeToString([]byte(w.from(base62Set+"+/", 200+w.IntN(800))))
	newline := w.pick("\n", "\n", "\\n", "\r\n")
	var b strings.Builder
	b.WriteString("-----BEGIN " + label + "-----" + newline)
	for len(body) > 64 {
		b.WriteString(body[:64] + newline)
		body = body[64:]
	}
	b.WriteString(body + newline)
	if w.IntN(6) > 0 { // else cut short
		b.WriteString("-----END " + label + "-----")
	}
	v := strings.TrimRight(b.String(), "\r\n")
	return positive{text: w.pick("", "here is the key:\n", "키 파일 내용\n\n", `{"pem":"`) + v + w.pick("", "\n\n", "\"}"), value: strings.TrimSuffix(v, "\\n")}
}

// positivesOf returns n texts with one value of the type in each.
func (w writer) positivesOf(t mask.Type, n int) []positive {
	list := make([]positive, n)
	for i := range list {
		switch t {
		case mask.TypeSecret:
			list[i] = w.secretPositive()
		case mask.TypePrivateKey:
			list[i] = w.privateKey()
		default:
			list[i] = w.write(forms[t])
		}
	}
	return list
}
