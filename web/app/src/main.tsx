import { TegataClient } from "@tegata/sdk";
import { AuthProvider } from "@tegata/sdk/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./app.tsx";
import { ConfigProvider } from "./config.tsx";
import { LanguageProvider } from "./i18n/language.tsx";
import "./styles/index.css";
import { showStoredTheme } from "./theme.ts";

showStoredTheme();

// An expired token is sent and refused before it is renewed: the inspector shows how that goes, and it costs one
// short request in the life of a token.
const client = new TegataClient({ renewAhead: false });

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <AuthProvider client={client}>
        <ConfigProvider>
          <BrowserRouter>
            <App />
          </BrowserRouter>
        </ConfigProvider>
      </AuthProvider>
    </LanguageProvider>
  </StrictMode>,
);
