//! A keep-alive HTTP/1.1 client, one connection each.

use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::http::request;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The password of every user of the benchmark.
pub(crate) const PASSWORD: &str = "seven rivers under one bridge";

/// One connection.
pub(crate) struct Client {
    address: SocketAddr,
    send: SendRequest<Full<Bytes>>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { address, send })
    }

    /// Sends a request of one's own, to this server.
    pub(crate) async fn call(
        &mut self,
        request: request::Builder,
        body: String,
    ) -> Result<Response<Bytes>, Error> {
        let request = request.header("host", self.address.to_string()).body(Full::from(body))?;
        self.send.ready().await?;
        let (head, body) = self.send.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    pub(crate) async fn get(&mut self, path: &str, token: Option<&str>) -> Result<StatusCode, Error> {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Ok(self.call(request, String::new()).await?.status())
    }

    pub(crate) async fn post(&mut self, path: &str, body: String) -> Result<(StatusCode, Bytes), Error> {
        let request = Request::post(path).header("content-type", "application/json");
        let response = self.call(request, body).await?;
        Ok((response.status(), response.into_body()))
    }

    pub(crate) async fn sign_up(&mut self, username: &str) -> Result<(), Error> {
        let body = json!({ "username": username, "password": PASSWORD });
        let (status, text) = self.post("/auth/signup", body.to_string()).await?;
        if status != StatusCode::CREATED {
            return Err(format!("sign-up: {status} {}", String::from_utf8_lossy(&text)).into());
        }
        Ok(())
    }

    /// Logs in and gives the refresh token; `None` when the server was too busy.
    pub(crate) async fn login(&mut self, username: &str) -> Result<Option<Tokens>, Error> {
        let body = json!({ "username": username, "password": PASSWORD, "token_delivery": "body" });
        let (status, text) = self.post("/auth/login", body.to_string()).await?;
        match status {
            StatusCode::OK => Tokens::read(&text).map(Some),
            StatusCode::SERVICE_UNAVAILABLE => Ok(None),
            _ => Err(format!("login: {status} {}", String::from_utf8_lossy(&text)).into()),
        }
    }

    pub(crate) async fn refresh(&mut self, refresh_token: &str) -> Result<Tokens, Error> {
        let (status, text) =
            self.post("/auth/refresh", json!({ "refresh_token": refresh_token }).to_string()).await?;
        if status != StatusCode::OK {
            return Err(format!("refresh: {status} {}", String::from_utf8_lossy(&text)).into());
        }
        Tokens::read(&text)
    }
}

/// What a login or a refresh gave.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn read(body: &[u8]) -> Result<Self, Error> {
        let body: Value = serde_json::from_slice(body)?;
        let text = |name: &str| body[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name}"));
        Ok(Self { access: text("access_token")?, refresh: text("refresh_token")? })
    }
}
