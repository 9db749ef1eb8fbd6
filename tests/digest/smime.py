"""S/MIME as OpenSSL made it, with a certificate for li@example.com that proves nothing.

Inside each is the same entity: a multipart of a quoted-printable text and a PDF.
"""

import base64
import zlib

ENTITY = (
    b'Content-Type: multipart/mixed; boundary="in"\r\n\r\n--in\r\n'
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"Dear Ms M=C3=BCller,\r\nplease find our offer.\r\n--in\r\n"
    b'Content-Type: application/pdf; name="offer.pdf"\r\n'
    b'Content-Disposition: attachment; filename="offer.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n--in--\r\n"
)

# openssl cms -sign -binary -nodetach -nocerts -outform DER
SIGNED = base64.b64decode(
    "MIIDKAYJKoZIhvcNAQcCoIIDGTCCAxUCAQExDTALBglghkgBZQMEAgEwggF4BgkqhkiG9w0BBwGgggFpBIIBZUNv"
    "bnRlbnQtVHlwZTogbXVsdGlwYXJ0L21peGVkOyBib3VuZGFyeT0iaW4iDQoNCi0taW4NCkNvbnRlbnQtVHlwZTog"
    "dGV4dC9wbGFpbjsgY2hhcnNldD11dGYtOA0KQ29udGVudC1UcmFuc2Zlci1FbmNvZGluZzogcXVvdGVkLXByaW50"
    "YWJsZQ0KDQpEZWFyIE1zIE09QzM9QkNsbGVyLA0KcGxlYXNlIGZpbmQgb3VyIG9mZmVyLg0KLS1pbg0KQ29udGVu"
    "dC1UeXBlOiBhcHBsaWNhdGlvbi9wZGY7IG5hbWU9Im9mZmVyLnBkZiINCkNvbnRlbnQtRGlzcG9zaXRpb246IGF0"
    "dGFjaG1lbnQ7IGZpbGVuYW1lPSJvZmZlci5wZGYiDQpDb250ZW50LVRyYW5zZmVyLUVuY29kaW5nOiBiYXNlNjQN"
    "Cg0KSlZCRVJpMHhMalFLDQotLWluLS0NCjGCAYMwggF/AgEBMDEwGTEXMBUGA1UEAwwObGlAZXhhbXBsZS5jb20C"
    "FAbN/MkcCrv+/E0CWiZjzNzMleSYMAsGCWCGSAFlAwQCAaCB5DAYBgkqhkiG9w0BCQMxCwYJKoZIhvcNAQcBMBwG"
    "CSqGSIb3DQEJBTEPFw0yNjExMjExMTA4MjZaMC8GCSqGSIb3DQEJBDEiBCCPGJ36nsMV7cMEUBPpQcx3SKp6ipr1"
    "aNSiLwFCzgENIzB5BgkqhkiG9w0BCQ8xbDBqMAsGCWCGSAFlAwQBKjALBglghkgBZQMEARYwCwYJYIZIAWUDBAEC"
    "MAoGCCqGSIb3DQMHMA4GCCqGSIb3DQMCAgIAgDANBggqhkiG9w0DAgIBQDAHBgUrDgMCBzANBggqhkiG9w0DAgIB"
    "KDAKBggqhkjOPQQDAgRHMEUCIFluUK91YQ0dTusmeqp2SNOzJEYCN4wMXU0BOuXGpbtwAiEAjhkPpu9G1KTh+gwo"
    "WlVTEYDz7GGug0D0pR0tC7c8XBQ="
)

# The same with -stream -indef: indefinite lengths, the content in pieces.
STREAMED = base64.b64decode(
    "MIAGCSqGSIb3DQEHAqCAMIACAQExDTALBglghkgBZQMEAgEwgAYJKoZIhvcNAQcBoIAkgASCAWVDb250ZW50LVR5"
    "cGU6IG11bHRpcGFydC9taXhlZDsgYm91bmRhcnk9ImluIg0KDQotLWluDQpDb250ZW50LVR5cGU6IHRleHQvcGxh"
    "aW47IGNoYXJzZXQ9dXRmLTgNCkNvbnRlbnQtVHJhbnNmZXItRW5jb2Rpbmc6IHF1b3RlZC1wcmludGFibGUNCg0K"
    "RGVhciBNcyBNPUMzPUJDbGxlciwNCnBsZWFzZSBmaW5kIG91ciBvZmZlci4NCi0taW4NCkNvbnRlbnQtVHlwZTog"
    "YXBwbGljYXRpb24vcGRmOyBuYW1lPSJvZmZlci5wZGYiDQpDb250ZW50LURpc3Bvc2l0aW9uOiBhdHRhY2htZW50"
    "OyBmaWxlbmFtZT0ib2ZmZXIucGRmIg0KQ29udGVudC1UcmFuc2Zlci1FbmNvZGluZzogYmFzZTY0DQoNCkpWQkVS"
    "aTB4TGpRSw0KLS1pbi0tDQoAAAAAAAAxggGCMIIBfgIBATAxMBkxFzAVBgNVBAMMDmxpQGV4YW1wbGUuY29tAhQG"
    "zfzJHAq7/vxNAlomY8zczJXkmDALBglghkgBZQMEAgGggeQwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAcBgkq"
    "hkiG9w0BCQUxDxcNMjYxMTIxMTEwODI2WjAvBgkqhkiG9w0BCQQxIgQgjxid+p7DFe3DBFAT6UHMd0iqeoqa9WjU"
    "oi8BQs4BDSMweQYJKoZIhvcNAQkPMWwwajALBglghkgBZQMEASowCwYJYIZIAWUDBAEWMAsGCWCGSAFlAwQBAjAK"
    "BggqhkiG9w0DBzAOBggqhkiG9w0DAgICAIAwDQYIKoZIhvcNAwICAUAwBwYFKw4DAgcwDQYIKoZIhvcNAwICASgw"
    "CgYIKoZIzj0EAwIERjBEAiAqk3FdyGtpMffj2DbySsUphYyFzDjPcMuOUd7DnjrHAgIgVhaDVEULKbXwRZsPuUgw"
    "rbCkPdl5ZWxCrG9WAqdyx+wAAAAAAAA="
)

# openssl cms -encrypt -binary -aes256 -outform DER
ENVELOPED = base64.b64decode(
    "MIICjwYJKoZIhvcNAQcDoIICgDCCAnwCAQIxgdShgdECAQOgUaFPMAkGByqGSM49AgEDQgAE1AKWQou7C5wpO+Rh"
    "nBp3peURULB1VPJKwrfVfsHAC8NbL89wJXI3t+n/W9h0RZdnBuie07fwWkwRorpfhoSz5zAYBgkrgQUQhkg/AAIw"
    "CwYJYIZIAWUDBAEtMF8wXTAxMBkxFzAVBgNVBAMMDmxpQGV4YW1wbGUuY29tAhQGzfzJHAq7/vxNAlomY8zczJXk"
    "mAQo3Qjorc7PIs818jTpopZQ8hnOyPd2te57JQlcsoXY9M0BAZuX2P9X8jCCAZ4GCSqGSIb3DQEHATAdBglghkgB"
    "ZQMEASoEEIYP9n1S/ZXySvMR0yRv6iWAggFw8dXEKiMwDxPTfafwP15cD0HZJEEvsW8izDqcotO/t5A9Fn3TsPwd"
    "FJNOwSyDl36pYR5S5v4pPgbux1BdoBnnAgjJ4wzsmdL2b3zxgntYNvKqSg4LPp6fcFxOVc3wijKVN7E9vb3sEmDf"
    "Ou3QA8YEoJhdB4R58Jf35NiqD3FyhzgnlAeEnJLilXJ0LNfETmPvmkra5p7Z1fX2NEI5mPGYky3K6Z2A8MEIYsC7"
    "VctEoYw0BjlvozGnmaGNwPqhv9AJWaRbcNFVyBEplTNLRxBpbNN2BGupS3l8mgQpZNQIHEHIs+YmNZgKheazutVg"
    "H2VympGDS6CN/bsIlE+y9HicX7mBU+g+viy4u1c2YCQPi8CzoCLBhfmyZ6+YKBtEqMD9kYWh9St6fMoAacpdNqZ+"
    "PdNU2MXBYD4HC2IwQXIyKhQy2A/5bsRfe47nzktX9G7rjC7Fe91CyLOMNqAsYKTYQ3venP5ei+3wpyUBBph6hBk="
)

# openssl crl2pkcs7 -nocrl -certfile: certificates and nothing that is signed.
CERTIFICATES = base64.b64decode(
    "MIIBtgYJKoZIhvcNAQcCoIIBpzCCAaMCAQExADALBgkqhkiG9w0BBwGgggGLMIIBhzCCAS2gAwIBAgIUBs38yRwK"
    "u/78TQJaJmPM3MyV5JgwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwObGlAZXhhbXBsZS5jb20wHhcNMjYxMTIxMTEw"
    "ODI2WhcNMzYxMTE4MTEwODI2WjAZMRcwFQYDVQQDDA5saUBleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49"
    "AwEHA0IABL5l8HFA4ZbX2nD1aECXzeb83hU1lFZyn9wkcNdLbf3b5b7I6f+lNmPr+QAmvScfNyn1hFffi1ubk4iQ"
    "UvsCJZqjUzBRMB0GA1UdDgQWBBTn65nXQq4buU+tYzw2TmU2M8PoOjAfBgNVHSMEGDAWgBTn65nXQq4buU+tYzw2"
    "TmU2M8PoOjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCeUYGbDR1qiC0TxftV5BnKPWQ9noOi"
    "PGv0B0foKqQ7AAIgf6zk06VKt7wpSHI/+72HhXDSzu0rnPWDMmNTHfxMtIoxAA=="
)


def element(tag: int, *contents: bytes) -> bytes:
    """One element of DER."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def compressed(content: bytes) -> bytes:
    """CompressedData of RFC 3274, which OpenSSL is mostly built without."""
    inside = element(
        0x30,
        element(0x06, bytes.fromhex("2a864886f70d010701")),
        element(0xA0, element(0x04, zlib.compress(content))),
    )
    algorithm = element(0x30, element(0x06, bytes.fromhex("2a864886f70d0109100308")))
    data = element(0x30, element(0x02, b"\0"), algorithm, inside)
    kind = element(0x06, bytes.fromhex("2a864886f70d0109100109"))
    return element(0x30, kind, element(0xA0, data))
