"""A real SMTP server (aiosmtpd) for the tests: python3 smtpd.py none|starttls|tls FOLDER

Prints its port, then each mail it takes as a line of JSON, read by Python's own mail parser.
Makes a CA and a certificate of its own in FOLDER with openssl. Knows the user desk, s3cr3t.
"""

import asyncio
import email
import email.policy
import json
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, folder = sys.argv[1:]


def openssl(*args):
    subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)


def certificates():
    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", "-days", "30")
    openssl("req", *key, "-keyout", "key.pem", "-out", "csr.pem", "-subj", "/CN=localhost")
    with open(folder + "/ext", "w") as f:
        f.write("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
    openssl("x509", "-req", "-in", "csr.pem", *ca, "-days", "30", "-extfile", "ext", "-out", "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
    return context


class Handler:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "user": str(session.auth_data),
            "headers": [[name, str(value)] for name, value in mail.items()],
            "parts": [[p.get_content_type(), p.get_content()] for p in mail.walk() if not p.is_multipart()],
            "defects": [str(d) for p in mail.walk() for d in p.defects],
            "longest": max(len(line) for line in envelope.content.split(b"\r\n")),
        }), flush=True)
        return "250 OK"


def known(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"desk", b"s3cr3t")
    return AuthResult(success=good, handled=False, auth_data=data.login.decode())


async def main():
    context = None if mode == "none" else certificates()
    login = dict(authenticator=known, auth_required=mode != "none", auth_require_tls=mode == "starttls")
    start = dict(tls_context=context, require_starttls=True) if mode == "starttls" else {}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), hostname="localhost", **login, **start),
        "127.0.0.1", 0, ssl=context if mode == "tls" else None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
