===== dingbridge 0.4.0 发布说
# dingbridge 0.4.0 发布说明

本次更新主要改进了**消息发送**和*流式卡片*。  
升级前请先备份 `~/.openclaw/dingbridge.json`。

## 新功能

- 流式卡片
  - 首字延迟降到 **800 ms**
  - 支持停止按钮
    - 需要模板里的 `stopAction`
- 长回答自动拆分
  - 代码块会补上围栏
- ☐ 语音回复（下个版本）
- ☑ 文件发送

## 修复

1. 修复 `session_webhook_expired_time` 过期判断
2. 修复群里 @ 人失败的问题
   1. 没有 staffId 的成员
   2. 外部联系人
3. 移除旧接口 暂时保留

---

完整列表见 [CHANGELOG](https://github.com/example/dingbridge/blob/main/CHANGELOG.md)。
