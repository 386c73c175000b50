//! The browser of a user: cookies, redirects, and the forms on the way.

use std::collections::BTreeMap;

use hyper::Request;
use hyper::header::{COOKIE, LOCATION, SET_COOKIE};
use tegata_core::oauth::Parameters;

use super::relying_party::encode;
use crate::client::{Client, Error, PASSWORD};

/// More steps than any way through a provider has.
const LONGEST_WAY: usize = 20;

/// A browser, and who sits before it.
pub(super) struct Browser {
    username: String,
    cookies: BTreeMap<String, String>,
}

/// Where a step has led.
enum Step {
    /// On, to a path of the provider.
    On(String),
    /// Back to the client, with a code.
    Back(String),
    /// To a page.
    Page(String),
}

impl Browser {
    pub(super) fn of(username: &str) -> Self {
        Self { username: username.to_owned(), cookies: BTreeMap::new() }
    }

    /// Follows an authorization request, signs up where there is a login, and agrees; gives the code.
    pub(super) async fn log_in(&mut self, client: &mut Client, request: &str) -> Result<String, Error> {
        let mut step = self.open(client, request, None).await?;
        for _ in 0..LONGEST_WAY {
            step = match step {
                Step::Back(code) => return Ok(code),
                Step::On(path) => self.open(client, &path, None).await?,
                Step::Page(html) => self.answer(client, &html).await?,
            };
        }
        Err("the provider asks and asks".into())
    }

    /// The same where nothing is asked any more.
    pub(super) async fn pass(&mut self, client: &mut Client, request: &str) -> Result<String, Error> {
        let mut step = self.open(client, request, None).await?;
        for _ in 0..LONGEST_WAY {
            step = match step {
                Step::Back(code) => return Ok(code),
                Step::On(path) => self.open(client, &path, None).await?,
                Step::Page(html) => return Err(format!("a page stands in the way: {html}").into()),
            };
        }
        Err("the provider leads on and on".into())
    }

    /// Fills in the form of a page.
    async fn answer(&mut self, client: &mut Client, html: &str) -> Result<Step, Error> {
        let mut fields = hidden_fields(html);
        let typed = if html.contains("id=\"consent-allow\"") {
            vec![("decision", "allow")]
        } else if html.contains("name=\"password\"") {
            client.sign_up(&self.username).await?;
            vec![("identifier", self.username.as_str()), ("password", PASSWORD)]
        } else {
            return Err(format!("a page that nobody knows: {html}").into());
        };
        fields.extend(typed.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (_, form) = html.split_once("<form").ok_or("a page without a form")?;
        let action = attribute(form, "action").ok_or("a form without an action")?;
        self.open(client, &action, Some(encode(&fields))).await
    }

    async fn open(&mut self, client: &mut Client, path: &str, form: Option<String>) -> Result<Step, Error> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = match form {
            None => Request::get(path),
            Some(_) => Request::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("sec-fetch-site", "same-origin"),
        };
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies.join("; "));
        }
        let response = client.call(request, form.unwrap_or_default()).await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str()?);
        }
        let Some(location) = response.headers().get(LOCATION) else {
            let html = String::from_utf8_lossy(response.body()).into_owned();
            return if response.status().is_success() {
                Ok(Step::Page(html))
            } else {
                Err(format!("{path}: {} {html}", response.status()).into())
            };
        };
        let location = location.to_str()?;
        if let Some(query) = location.strip_prefix("https://").and_then(|url| url.split_once('?')) {
            let parameters = Parameters::parse(query.1.as_bytes()).map_err(|error| error.to_string())?;
            let code = parameters.get("code").map_err(|error| error.to_string())?;
            return Ok(Step::Back(code.ok_or_else(|| format!("no code: {location}"))?.to_owned()));
        }
        let path = location.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
        Ok(Step::On(path.unwrap_or(location).to_owned()))
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        if value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn hidden_fields(html: &str) -> Vec<(String, String)> {
    html.split("<input")
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(field, _)| field))
        .filter(|field| field.contains("type=\"hidden\""))
        .filter_map(|field| Some((attribute(field, "name")?, attribute(field, "value")?)))
        .collect()
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}
