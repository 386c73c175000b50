use super::{
    Account, Apps, Consent, Device, Error, Fields, FormPost, Login, Logout, Problems, Scopes, Sentence,
    SignUp, Text,
};

pub(crate) const TEXT: Text = Text {
    gap: "",
    problem_title: "エラー:",
    problems: Problems {
        invalid_credentials: "ユーザー名またはパスワードが違います。",
        unknown_code: "コードが見つからないか、期限が切れています。端末に表示されているコードと見比べてください。",
        too_many_attempts: |seconds| {
            format!("試行回数が多すぎます。{}後にもう一度お試しください。", duration(seconds))
        },
        overloaded: "サーバーが混み合っています。しばらくしてからもう一度お試しください。",
        unavailable: "サーバーは現在この操作を行えません。のちほどもう一度お試しください。",
        flow_expired: "このページを開いてから時間がたちすぎました。もう一度お試しください。",
        check_fields: "印のついた項目を確認してください。",
    },
    fields: Fields {
        required: "入力してください。",
        too_short: |min| format!("{min} 文字以上にしてください。"),
        too_long: "長すぎます。",
        invalid: "正しい形式ではありません。",
        invalid_username: "英字(a〜z)・数字・ピリオド・ハイフン・下線で 3〜64 文字、先頭は英字か数字にしてください。",
        username_taken: "このユーザー名はすでに使われています。",
        blocked: "よく使われるパスワードの一覧にあります。別のものにしてください。",
        contains_username: "パスワードにユーザー名を含めることはできません。",
    },
    login: Login {
        title: "ログイン",
        lead: Sentence { before: "ログインして ", after: " に進みます。" },
        title_again: "ご本人の確認",
        lead_again: Sentence {
            before: "",
            after: " としてログインしています。もう一度パスワードを入力してください。",
        },
        identifier: "ユーザー名またはメールアドレス",
        password: "パスワード",
        submit: "ログイン",
        no_account: "アカウントをお持ちでない方は",
        sign_up: "新規登録",
    },
    signup: SignUp {
        title: "新規登録",
        lead: Sentence { before: "アカウントを作成して ", after: " に進みます。" },
        username: "ユーザー名",
        username_hint: "英字・数字・ピリオド・ハイフン・下線で 3〜64 文字。ほかの人にも見えます。",
        email: "メールアドレス(任意)",
        password_hint: |min| format!("{min} 文字以上。単語をいくつか並べると覚えやすくなります。"),
        submit: "登録してログイン",
        have_account: "すでにアカウントをお持ちの方は",
    },
    account: Account {
        title: "アカウントの選択",
        lead: Sentence { before: "", after: " で使うアカウントを選んでください。" },
        continue_as: Sentence { before: "", after: " として続ける" },
        other: "別のアカウントを使う",
    },
    consent: Consent {
        title: "アクセスを許可しますか？",
        lead: Sentence {
            before: "", after: " があなたのアカウントへのアクセスを求めています。"
        },
        unverified_title: "未確認のアプリ",
        unverified: "このアプリは確認を受けておらず、名前もアプリ自身の申告です。",
        unverified_address: "下の移動先を信頼できる場合にだけ許可してください。",
        logged_in_as: "アカウント",
        leads_to: "移動先",
        website: "ウェブサイト",
        privacy_policy: "プライバシーポリシー",
        terms: "利用規約",
        opens_in_new_tab: "(新しいタブで開きます)",
        scopes: "許可されること",
        no_scopes: "あなたが許可したことだけがアプリに伝わります。",
        resources: "対象のサービス",
        lifetime: "期間",
        access_token_minutes: |minutes| format!("アクセスは {minutes} 分ずつ与えられます。"),
        until_logout: "ログアウトするまで更新されます。",
        offline_days: |days| format!("許可は、あなたが利用していないあいだも最長 {days} 日間続きます。"),
        offline_until_revoked: "許可は、取り消すまで、あなたが利用していないあいだも続きます。",
        revocable: "許可はいつでも取り消せます。",
        allow: "許可する",
        deny: "許可しない",
    },
    scopes: Scopes {
        openid: "次に訪れたとき、あなただと分かること",
        profile: "名前やユーザー名などのプロフィールを見ること",
        email: "メールアドレスを見ること",
        address: "住所を見ること",
        phone: "電話番号を見ること",
        offline_access: "あなたが利用していないあいだもアクセスを続けること",
    },
    device: Device {
        title: "端末の接続",
        lead: "端末に表示されているコードを入力してください。",
        code: "コード",
        code_hint: "大文字と小文字、ハイフンや空白の違いは問いません。",
        submit: "続ける",
        confirm_title: "この端末を接続しますか？",
        confirm_lead: Sentence {
            before: "別の端末の ",
            after: " が、あなたのアカウントへのアクセスを求めています。",
        },
        confirm_code: "端末のコード",
        warning_title: "目の前の端末にこのコードが表示されている場合にだけ続けてください。",
        warning: "人から送られてきたコードやリンクであれば、許可しないでください。相手があなたのアカウントに入れるようになります。",
        allowed_title: "端末を接続しました",
        allowed: "このページを閉じて、端末での操作を続けてください。",
        denied_title: "端末を接続しませんでした",
        denied: "端末はあなたのアカウントにアクセスできません。このページは閉じてかまいません。",
    },
    logout: Logout {
        title: "ログアウトしますか？",
        asked_by: Sentence { before: "", after: " がログアウトを求めています。" },
        logged_in_as: Sentence { before: "", after: " としてログインしています。" },
        lead: "このブラウザーでこのアカウントを使って開いたアプリからもログアウトします。",
        confirm: "ログアウト",
        cancel: "ログインしたままにする",
        done_title: "ログアウトしました",
        done: "このページは閉じてかまいません。共用のコンピューターでは、ブラウザーも閉じてください。",
    },
    error: Error {
        title: "うまくいきませんでした",
        of_client: "ここへ来る前のアプリから、応じられない要求がありました。アプリに戻ってもう一度お試しください。\
                    繰り返す場合は、下の内容をアプリの運営者にお伝えください。",
        of_server: "こちらのサーバーの問題です。しばらくしてから、前のページに戻ってもう一度お試しください。",
        details: "詳細",
        code: "エラー",
        description: "説明",
        request_id: "リクエスト",
    },
    form_post: FormPost {
        title: "お待ちください…",
        lead: "アプリに戻ります。画面が変わらないときは、ボタンで進んでください。",
        submit: "続ける",
    },
    apps: Apps {
        title: "アクセスを許可したアプリ",
        lead: Sentence {
            before: "あなたのアカウント ", after: " へのアクセスを許可したアプリです。"
        },
        none: "アクセスを許可したアプリはありません。",
        unverified: "未確認",
        since: Sentence { before: "", after: " から許可" },
        date: |year, month, day| format!("{year}年{month}月{day}日"),
        revoke: "許可を取り消す",
        revoke_hint: "取り消したあとも、アプリがすでに持っているトークンは数分のあいだ使えることがあります。",
    },
};

fn duration(seconds: u64) -> String {
    match (seconds, seconds.div_ceil(60)) {
        (..=90, _) => format!(" {} 秒", seconds.max(1)),
        (_, minutes) => format!(" {minutes} 分"),
    }
}
